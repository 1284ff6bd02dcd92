/** The checks that every request passes before its handler runs. `createChecks` lists them in order. */
import { isOpen, type BodyLimit, type Endpoint, type Switch } from "../../contracts/endpoint.ts";
import type { FileStore } from "../agent/sessions/files.ts";
import { isReadOnly } from "../../contracts/permissions.ts";
import { GatewayError, markLogged, toGatewayError } from "../lib/errors.ts";
import { checkHost, checkOrigin, rejectDuplicateHeaders, type BrowserRules } from "../auth/check-headers.ts";
import type { ClientAddress } from "../auth/client-address.ts";
import { readAuthorization } from "../auth/read-authorization.ts";
import type { Authenticate } from "../auth/authenticate.ts";
import { requirePermission } from "../auth/credential.ts";
import type { JsonLimits } from "../lib/json-limits.ts";
import { checkContentType, readJson } from "../transport/body.ts";
import type { BodyBudget } from "../transport/body-budget.ts";
import { checkFormType, receiveForm } from "../transport/multipart.ts";
import { discardBody } from "../transport/discard-body.ts";
import { createDisabledError } from "../transport/errors.ts";
import { answerPreflight } from "./cors.ts";
import type { Check, RequestContext } from "./request-context.ts";
import { parseSchema } from "../lib/validation-error.ts";

export interface CheckRules {
  readonly isEnabled: (name: Switch) => boolean;
  readonly browser: BrowserRules;
  readonly authenticate: Authenticate;
  /** For endpoints that take the token of hooks. */
  readonly authenticateHook: Authenticate;
  readonly clientAddress: ClientAddress;
  /** Reads a body limit, in bytes, from the configuration. */
  readonly maxBodyBytes: (limit: BodyLimit) => number;
  readonly json: JsonLimits;
  readonly bodyBudget: BodyBudget;
  /** Stores the files of forms. */
  readonly files: Pick<FileStore, "receive" | "discard">;
  /** False while a run would get neither a slot nor a place in the queue. */
  readonly hasRoom: () => boolean;
  /** Called for each request that is rejected for want of room. */
  readonly reportOverload: () => void;
  /** Returns true once the gateway is stopping. */
  readonly isStopping: () => boolean;
}

/** Returns the checks in order. The body of a caller without a credential is never read. */
export function createChecks(rules: CheckRules): readonly Check[] {
  return [
    requireEnabledEndpoint(rules),
    answerPreflight(rules.browser),
    selectEndpoint,
    ({ req }) => rejectDuplicateHeaders(req),
    (context) => checkHost(context.req, rules.browser),
    (context) => checkOrigin(context.req, rules.browser),
    requireCredential(rules),
    requireContentType,
    rejectWhileStopping(rules),
    rejectWithoutRoom(rules),
    readBody(rules),
    recheckCredential,
    validateInput,
  ];
}

const requireEnabledEndpoint =
  (rules: CheckRules): Check =>
  (context) => {
    const { candidates, req } = context;
    context.candidates = candidates.filter(({ enabledBy }) => enabledBy?.some(rules.isEnabled) ?? true);
    if (findByMethod(context.candidates, req.method) !== undefined) return;
    const disabled = findByMethod(candidates, req.method);
    if (disabled === undefined && context.candidates.length > 0) return;
    // The error has the shape of the endpoint that was asked for.
    if (disabled !== undefined) context.endpoint = disabled;
    const named = disabled === undefined ? candidates : [disabled];
    throw createDisabledError(named.flatMap(({ enabledBy }) => enabledBy ?? []));
  };

/** HEAD is GET without the body, where a path has no HEAD of its own. */
function findByMethod(candidates: readonly Endpoint[], method = ""): Endpoint | undefined {
  const find = (wanted: string): Endpoint | undefined =>
    candidates.find((candidate) => candidate.method === wanted);
  return find(method.toLowerCase()) ?? (method === "HEAD" ? find("get") : undefined);
}

const selectEndpoint: Check = (context) => {
  const { method = "" } = context.req;
  const endpoint = findByMethod(context.candidates, method);
  if (endpoint === undefined) {
    const allowed = listMethods(context.candidates);
    context.res.setHeader("allow", allowed);
    throw new GatewayError(
      "method_not_allowed",
      `${method} is not allowed here; this path accepts ${allowed}.`,
    );
  }
  context.endpoint = endpoint;
};

function listMethods(candidates: readonly Endpoint[]): string {
  return candidates
    .flatMap(({ method }) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]))
    .join(", ");
}

const requireCredential =
  (rules: CheckRules): Check =>
  async (context) => {
    const { req: request, endpoint } = context;
    if (endpoint.auth === "public") return;
    const route = `${request.method} ${endpoint.path}`;
    if (endpoint.credential === "hook") {
      context.credential = await rules.authenticateHook({ request, route });
      return;
    }
    const isAnthropic = endpoint.errorShape === "anthropic";
    if (endpoint.auth === "optional" && readAuthorization(request.headers, isAnthropic) === undefined) return;
    try {
      context.credential = await rules.authenticate({ request, route, isAnthropic });
    } catch (error) {
      const { code } = toGatewayError(error);
      const canAnswerAnybody =
        endpoint.auth === "optional" && (code === "issuer_unavailable" || code === "storage_unavailable");
      if (canAnswerAnybody) return;
      throw error;
    }
    requirePermission(context.credential, endpoint.auth);
  };

/** Whether the request leaves out a body that may be left out. */
const omitsBody = ({ endpoint, req }: Pick<RequestContext, "endpoint" | "req">): boolean =>
  endpoint.isBodyOptional === true &&
  req.headers["transfer-encoding"] === undefined &&
  Number(req.headers["content-length"] ?? 0) === 0;

const requireContentType: Check = (context) => {
  const { endpoint, req } = context;
  if (endpoint.body === undefined || omitsBody(context)) return;
  if (endpoint.bodyType === undefined) checkContentType(req);
  else checkFormType(req);
};

const rejectWhileStopping =
  (rules: CheckRules): Check =>
  ({ endpoint }) => {
    if (isOpen(endpoint) || isReadOnly(endpoint.auth) || !rules.isStopping()) return;
    throw new GatewayError("shutting_down", "The gateway is stopping; try again in a moment.", {
      retryAfterSeconds: 5,
    });
  };

/** Before the body is read: a rejection must cost less than what is short. */
const rejectWithoutRoom =
  (rules: CheckRules): Check =>
  ({ endpoint, requestId }) => {
    const needsRun = endpoint.body !== undefined && (endpoint.auth === "run" || endpoint.auth === "tools");
    if (!needsRun || rules.hasRoom()) return;
    const error = new GatewayError(
      "server_overloaded",
      "All runs are taken, and the queue is full; try again in a moment.",
      { retryAfterSeconds: 5 },
    );
    markLogged(error, requestId);
    rules.reportOverload();
    throw error;
  };

const readBody =
  (rules: CheckRules): Check =>
  async (context) => {
    const { endpoint, req, res } = context;
    if (endpoint.body === undefined) return discardBody(res);
    if (omitsBody(context)) return void (context.jsonBody = {});
    if (endpoint.bodyType !== undefined) {
      const { receive, discard } = rules.files;
      const maxBytes = rules.maxBodyBytes(endpoint.bodyLimit);
      context.form = await receiveForm(req, res, { maxBytes, limits: rules.json, receive, discard });
      context.jsonBody = context.form.values;
      return;
    }
    const { json: limits, bodyBudget: budget } = rules;
    context.jsonBody = await readJson(req, res, {
      maxBytes: rules.maxBodyBytes(endpoint.bodyLimit),
      limits,
      budget,
    });
  };

/** A key may expire or be revoked, or the secret be replaced, while the body arrives. */
const recheckCredential: Check = ({ credential }) => {
  credential?.revoked.throwIfAborted();
  credential?.replaced?.throwIfAborted();
};

const validateInput: Check = ({ endpoint, input, req, params, query, jsonBody }) => {
  if (endpoint.params) input.params = parseSchema(endpoint.params, params, "path");
  if (endpoint.query) input.query = parseSchema(endpoint.query, query, "query");
  if (endpoint.headers) input.headers = parseSchema(endpoint.headers, req.headers, "headers");
  if (endpoint.body) input.body = parseSchema(endpoint.body, jsonBody, "body");
};

/** Runs the checks in order. Resolves to false when a check has ended the response. */
export async function runChecks(context: RequestContext, checks: readonly Check[]): Promise<boolean> {
  for (const check of checks) {
    const pending = check(context);
    if (pending !== undefined) await pending;
    if (context.res.writableEnded) return false;
  }
  return true;
}
