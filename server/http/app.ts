/** The Express application. Every endpoint runs behind the same checks; every other path returns 404. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import express, { type NextFunction, type Request, type Response } from "express";
import { isOpen, type Endpoint, type ErrorShape } from "../../contracts/endpoint.ts";
import { isReadOnly } from "../../contracts/permissions.ts";
import { endpoints } from "../../contracts/index.ts";
import type { NewId } from "../lib/ports.ts";
import type { StartServerSpan } from "../lib/trace-context.ts";
import { GatewayError, toGatewayError } from "../lib/errors.ts";
import { suggest } from "../lib/did-you-mean.ts";
import { createChecks, runChecks, type CheckRules } from "./checks.ts";
import { logFailure, readRequestId, sendError, type LoggedRequest } from "../transport/errors.ts";
import { dropTrailingSlash } from "../transport/request-target.ts";
import type { RequestContext } from "./request-context.ts";
import { endServerSpan } from "./server-span.ts";
import { createEndpointHandler, type EndpointHandlerDeps } from "./dispatch-endpoint.ts";

interface AppDeps extends EndpointHandlerDeps {
  /** Returns the path that an endpoint is served at. */
  readonly getPath: (endpoint: Endpoint) => string;
  readonly rules: CheckRules;
  /** Value of `Strict-Transport-Security`; undefined sends none. */
  readonly strictTransportSecurity?: string | undefined;
  readonly newId: NewId;
  readonly observeRequest?: ObserveRequest | undefined;
  /** Absent while traces are off. */
  readonly startServerSpan?: StartServerSpan | undefined;
}

/** Called when a response has ended. */
export type ObserveRequest = (request: {
  /** The path template. Undefined for an unknown path. */
  readonly route: string | undefined;
  readonly method: string | undefined;
  /** Undefined when the caller left before the response. */
  readonly status: number | undefined;
  readonly durationMs: number;
  /** Undefined for an unknown path, and on public endpoints. */
  readonly operation?:
    | undefined
    | {
        /** The operation's id. */
        readonly name: string;
        readonly permission: string;
        /** Name of the credential; undefined for a rejected one. */
        readonly actor: string | undefined;
        readonly address: string;
        /** The first parameter of the path. */
        readonly target: string | undefined;
        readonly requestId: string;
        readonly code: string | undefined;
        readonly isOk: boolean;
      };
}) => void;

const maxTargetLength = 256;
const validRequestId = /^[\w.:-]{1,128}$/;

type Candidates = readonly [Endpoint, ...Endpoint[]];

/** Returns the listener for all requests. A path without parameters and query needs no router; Express routes the rest. */
export function createApp(deps: AppDeps): RequestListener {
  const { newId, log, observeRequest, startServerSpan, strictTransportSecurity } = deps;
  const checks = createChecks(deps.rules);
  const handleEndpoint = createEndpointHandler(deps);
  const endpointsByPath = groupByPath(deps.getPath);
  const exactPaths = new Map(
    [...endpointsByPath].filter(([path, candidates]) => !path.includes("{") && !isProbeOnly(candidates)),
  );

  const handleRequest = async (
    candidates: Candidates,
    req: IncomingMessage,
    res: ServerResponse,
    { params, query }: Pick<RequestContext, "params" | "query">,
  ): Promise<void> => {
    const startedAt = performance.now();
    let code: string | undefined;
    const span =
      startServerSpan !== undefined && isTraced(candidates, req) ? startServerSpan(req.headers) : undefined;
    const context: RequestContext = {
      req,
      res,
      params,
      query,
      requestId: readRequestId(req),
      trace: span?.context,
      candidates,
      endpoint: candidates[0],
      credential: undefined,
      jsonBody: undefined,
      form: undefined,
      input: {},
    };
    try {
      if (await runChecks(context, checks)) await handleEndpoint(context);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      ({ code } = error);
      logFailure(log, describeRequest(context), thrown);
      setLimitHeaders(context, error);
      sendError(res, thrown, context.endpoint.errorShape);
    } finally {
      await context.form
        ?.discard()
        .catch((thrown: unknown) => logFailure(log, describeRequest(context), thrown));
    }
    if (span !== undefined) endServerSpan(span, context, code);
    observeRequest?.({
      ...describeResponse(req, res, context.endpoint.path, startedAt),
      ...(context.credential !== undefined && { operation: describeOperation(context, code) }),
    });
  };

  /** Headers of a request that the limit of its key has rejected. Those of other requests are set by its handler. */
  const setLimitHeaders = ({ endpoint, res }: RequestContext, { requestLimit }: GatewayError): void => {
    if (requestLimit === undefined || res.headersSent) return;
    const headers = deps.getRateHeaders(endpoint, { readRequestLimit: () => requestLimit });
    if (headers !== undefined) res.setHeaders(new Map(Object.entries(headers)));
  };
  const getPeer = (req: IncomingMessage): string =>
    deps.rules.clientAddress(req.socket.remoteAddress, req.headers);
  const describeRequest = ({ requestId, trace, req, endpoint }: RequestContext): LoggedRequest => ({
    requestId,
    traceId: trace?.traceId,
    method: req.method,
    path: endpoint.path,
    peer: getPeer(req),
  });
  const describeOperation = (
    { endpoint, credential, requestId, req, params }: RequestContext,
    code: string | undefined,
  ): Parameters<ObserveRequest>[0]["operation"] => {
    const [target] = Object.values(params);
    return {
      name: endpoint.id,
      permission: endpoint.auth,
      actor: credential?.name,
      address: getPeer(req),
      target: typeof target === "string" ? target.slice(0, maxTargetLength) : undefined,
      requestId,
      code,
      isOk: code === undefined,
    };
  };
  const describeUnknown = (req: IncomingMessage): LoggedRequest => ({
    requestId: readRequestId(req),
    method: req.method,
    peer: getPeer(req),
  });

  const app = express();
  app.disable("x-powered-by").disable("etag").enable("case sensitive routing").enable("strict routing");
  app.set("query parser", "simple");
  for (const [path, candidates] of endpointsByPath) {
    const hasSlashes = candidates.some(({ allowsSlashes = false }) => allowsSlashes);
    app.all(toExpressPath(path, hasSlashes), (req, res, next) =>
      isProbeOnly(candidates) && req.method !== "HEAD"
        ? next()
        : handleRequest(candidates, req, res, { query: req.query, params: joinParams(req.params) }),
    );
  }
  app.use((req: Request, res: Response) => {
    const startedAt = performance.now();
    const error = createUnknownPathError(req);
    logFailure(log, describeUnknown(req), error);
    sendError(res, error, getUnknownPathShape(req));
    observeRequest?.(describeResponse(req, res, undefined, startedAt));
  });
  // Express recognises an error handler by its four parameters. This one handles what nothing else caught.
  app.use((thrown: unknown, req: Request, res: Response, _next: NextFunction) => {
    const isBadPath = thrown instanceof URIError || (thrown as { status?: unknown } | null)?.status === 400;
    const error = isBadPath
      ? new GatewayError("not_found", "The path is not validly encoded.", { cause: thrown })
      : thrown;
    logFailure(log, describeUnknown(req), error);
    sendError(res, error, getUnknownPathShape(req));
  });

  return (req, res) => {
    // The `close` event reports a failed connection. Without a listener, an `error` event would end the process.
    res.on("error", ignore);
    if (strictTransportSecurity !== undefined)
      res.setHeader("strict-transport-security", strictTransportSecurity);
    const requestedId = req.headers["x-request-id"];
    if (typeof requestedId !== "string" || !validRequestId.test(requestedId))
      req.headers["x-request-id"] = newId("req_");
    req.url = dropTrailingSlash(req.url ?? "");
    const candidates = exactPaths.get(req.url);
    if (candidates === undefined) app(req, res);
    else void handleRequest(candidates, req, res, noValues);
  };
}

function describeResponse(
  { method }: IncomingMessage,
  { headersSent, statusCode }: ServerResponse,
  route: string | undefined,
  startedAt: number,
): Parameters<ObserveRequest>[0] {
  const status = headersSent ? statusCode : undefined;
  return { route, method, status, durationMs: performance.now() - startedAt };
}

const ignore = (): void => {};
const noValues = { params: {}, query: {} } as const;

/** Probes and reads are frequent, and nothing happens in them. */
function isTraced(candidates: Candidates, { method }: IncomingMessage): boolean {
  const endpoint = candidates.find((each) => each.method.toUpperCase() === method);
  return endpoint !== undefined && !isOpen(endpoint) && !isReadOnly(endpoint.auth);
}

/** Nothing is at a path that is only probed. */
const isProbeOnly = (candidates: Candidates): boolean => candidates.every(({ method }) => method === "head");

/** Groups endpoints by path, such as `/v1/models/{model}`. */
function groupByPath(getPath: AppDeps["getPath"]): ReadonlyMap<string, Candidates> {
  const byPath = new Map<string, [Endpoint, ...Endpoint[]]>();
  for (const endpoint of Object.values<Endpoint>(endpoints)) {
    for (const path of [getPath(endpoint), ...(endpoint.aliases ?? [])]) {
      const existing = byPath.get(path);
      if (existing) existing.push(endpoint);
      else byPath.set(path, [endpoint]);
    }
  }
  return byPath;
}

/** `/v1/models/{model}` → `/v1/models/:model`, and with slashes in its last parameter `/v1/models/*model` */
const toExpressPath = (path: string, hasSlashes: boolean): string =>
  path.replace(/\{(\w+)\}$/, hasSlashes ? "*$1" : ":$1").replaceAll(/\{(\w+)\}/g, ":$1");

/** A parameter with slashes is a list of its segments. */
const joinParams = (params: Readonly<Record<string, string | readonly string[]>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      typeof value === "string" ? value : value.join("/"),
    ]),
  );

/** Clients of Anthropic's API send this header, and call paths below its own that the gateway does not have. */
const getUnknownPathShape = ({ headers, path }: Request): ErrorShape =>
  headers["anthropic-version"] !== undefined || /^\/v1\/messages(\/|$)/.test(path) ? "anthropic" : "plain";

function createUnknownPathError(req: Request): GatewayError {
  const paths = Object.values<Endpoint>(endpoints).flatMap(({ method, path, pathSetting }) =>
    method === "head" || pathSetting !== undefined ? [] : [path],
  );
  const suggestion =
    suggest(req.path, paths) ?? paths.find((path) => path.endsWith(req.path) && req.path.length > 1);
  const hint =
    suggestion === undefined ? "The paths are listed in /openapi.yaml." : `Did you mean ${suggestion}?`;
  return new GatewayError("not_found", `Unknown path ${JSON.stringify(req.path.slice(0, 200))}. ${hint}`);
}
