/** The Express application. Every endpoint runs behind the same checks; every other path returns 404. */
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import type { Endpoint } from "../../contracts/endpoint.ts";
import { endpoints } from "../../contracts/index.ts";
import type { Log, NewId } from "../lib/ports.ts";
import { GatewayError } from "../lib/errors.ts";
import { suggest } from "../lib/did-you-mean.ts";
import { createChecks, runChecks, type CheckRules } from "./checks.ts";
import { logFailure, sendError, createStandardHeaders } from "../transport/errors.ts";
import type { RequestContext } from "./request-context.ts";
import { createEndpointHandler, type EndpointHandlerDeps } from "./dispatch-endpoint.ts";

interface AppDeps extends EndpointHandlerDeps {
  readonly rules: CheckRules;
  readonly newId: NewId;
}

const validRequestId = /^[\w.:-]{1,128}$/;

export function createApp(deps: AppDeps): Express {
  const { newId, log } = deps;
  const checks = createChecks(deps.rules);
  const handleEndpoint = createEndpointHandler(deps);

  const handleRequest = async (
    candidates: readonly [Endpoint, ...Endpoint[]],
    req: Request,
    res: Response,
  ): Promise<void> => {
    const context: RequestContext = {
      req,
      res,
      requestId: res.getHeader("x-request-id") as string,
      candidates,
      endpoint: candidates[0],
      credential: undefined,
      jsonBody: undefined,
      input: {},
    };
    try {
      if (await runChecks(context, checks)) await handleEndpoint(context);
    } catch (thrown) {
      logFailure(log, context.requestId, thrown);
      sendError(res, thrown, context.endpoint.errorShape);
    }
  };

  const app = express();
  app.disable("x-powered-by").disable("etag").enable("case sensitive routing").enable("strict routing");
  app.set("query parser", "simple");
  app.use((req, res, next) => {
    // The `close` event reports a failed connection. Without a listener, an `error` event would end the process.
    res.on("error", () => {});
    const requestedId = req.headers["x-request-id"];
    const requestId =
      typeof requestedId === "string" && validRequestId.test(requestedId) ? requestedId : newId("req_");
    for (const [name, value] of createStandardHeaders(requestId)) res.setHeader(name, value);
    next();
  });
  for (const [path, candidates] of groupByPath()) {
    app.all(path, (req, res) => handleRequest(candidates, req, res));
  }
  app.use((req: Request, res: Response) => {
    sendError(res, createUnknownPathError(req));
  });
  // Express recognises an error handler by its four parameters. This one handles what nothing else caught.
  app.use((thrown: unknown, _req: Request, res: Response, _next: NextFunction) => {
    const isBadPath = thrown instanceof URIError || (thrown as { status?: unknown } | null)?.status === 400;
    const error = isBadPath
      ? new GatewayError("not_found", "The path is not validly encoded.", { cause: thrown })
      : thrown;
    logFailure(log, res.getHeader("x-request-id") as string, error);
    sendError(res, error);
  });
  return app;
}

/** Groups endpoints by path, in Express's syntax: `/v1/models/:model`. */
function groupByPath(): ReadonlyMap<string, readonly [Endpoint, ...Endpoint[]]> {
  const byPath = new Map<string, [Endpoint, ...Endpoint[]]>();
  for (const endpoint of Object.values<Endpoint>(endpoints)) {
    for (const path of [endpoint.path, ...(endpoint.aliases ?? [])]) {
      const expressPath = path.replaceAll(/\{(\w+)\}/g, ":$1");
      const existing = byPath.get(expressPath);
      if (existing) existing.push(endpoint);
      else byPath.set(expressPath, [endpoint]);
    }
  }
  return byPath;
}

function createUnknownPathError(req: Request): GatewayError {
  const paths = Object.values<Endpoint>(endpoints).map((endpoint) => endpoint.path);
  const suggestion =
    suggest(req.path, paths) ?? paths.find((path) => path.endsWith(req.path) && req.path.length > 1);
  const hint =
    suggestion === undefined ? "The paths are listed in /openapi.yaml." : `Did you mean ${suggestion}?`;
  return new GatewayError("not_found", `Unknown path ${JSON.stringify(req.path.slice(0, 200))}. ${hint}`);
}
