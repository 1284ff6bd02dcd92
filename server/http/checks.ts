/** The checks that every request passes before its handler runs, in their order. The list at the end is that order. */
import type { BodyLimit, Endpoint, Switch } from "../../contracts/endpoint.ts";
import { onlyLooks } from "../../contracts/rights.ts";
import { GatewayError } from "../errors.ts";
import { checkHost, checkOrigin, type BrowserRules } from "../gate/browser.ts";
import type { ClientAddress } from "../gate/client-address.ts";
import type { Gate } from "../gate/credentials.ts";
import { requireRight } from "../gate/require-right.ts";
import { checkSingleHeaders } from "../gate/single-headers.ts";
import type { JsonLimits } from "../json-limits.ts";
import { checkContentType, readJson } from "./body.ts";
import type { Check, Exchange } from "./exchange.ts";
import { parseWith } from "./schema.ts";

export interface CheckRules {
  readonly isOn: (name: Switch) => boolean;
  readonly browser: BrowserRules;
  readonly gate: Gate;
  readonly clientAddress: ClientAddress;
  /** How many bytes the configuration allows at this place. */
  readonly maxBodyBytes: (limit: BodyLimit) => number;
  readonly json: JsonLimits;
  /** True once the gateway is stopping. */
  readonly stopping: () => boolean;
}

const preflightHeaders = {
  "access-control-allow-methods": "GET, HEAD, POST, DELETE",
  "access-control-max-age": "600",
} as const;
const allowedHeader =
  /^(accept|authorization|content-type|idempotency-key|openai-[\w-]+|x-request-id|x-stainless-[\w-]+|x-openclaw-[\w-]+)$/i;
const exposedHeaders =
  "x-request-id, x-openclaw-agent-id, x-openclaw-session-key, idempotency-replayed, retry-after, x-should-retry";

/** The order of checks. A caller without a credential never has its body looked at. */
export function createChecks(rules: CheckRules): readonly Check[] {
  return [
    pathIsOn(rules),
    preflight(rules.browser),
    methodExists,
    ({ req }) => checkSingleHeaders(req),
    (exchange) => checkHost(exchange.req, rules.browser),
    (exchange) => checkOrigin(exchange.req, rules.browser),
    credentialIsRight(rules),
    contentTypeIsJson,
    notStopping(rules),
    bodyIsJson(rules),
    credentialHolds,
    schemaFits,
  ];
}

const pathIsOn =
  (rules: CheckRules): Check =>
  (exchange) => {
    const { candidates } = exchange;
    exchange.candidates = candidates.filter(({ enabledBy }) => enabledBy?.some(rules.isOn) ?? true);
    if (exchange.candidates.length > 0) return;
    throw switchedOff(candidates.flatMap(({ enabledBy }) => enabledBy ?? []));
  };

/** What is said of an endpoint that one of these would switch on. */
export function switchedOff(switches: readonly Switch[]): GatewayError {
  return new GatewayError(
    "endpoint_disabled",
    `This endpoint is switched off. To switch it on, set ${[...new Set(switches)].join(" or ")} to true.`,
  );
}

const preflight =
  (rules: BrowserRules): Check =>
  ({ req, res }) => {
    const { origin } = req.headers;
    if (origin === undefined || !rules.allowedOrigins.includes(origin)) return;
    res.setHeader("access-control-allow-origin", origin);
    res.setHeader("access-control-expose-headers", exposedHeaders);
    res.vary("Origin");
    if (req.method !== "OPTIONS" || req.headers["access-control-request-method"] === undefined) return;
    const asked = (req.headers["access-control-request-headers"] ?? "").split(",").map((name) => name.trim());
    const allowed = asked.filter((name) => allowedHeader.test(name));
    if (allowed.length > 0) res.setHeader("access-control-allow-headers", allowed.join(", "));
    res.writeHead(204, preflightHeaders).end();
  };

const methodExists: Check = (exchange) => {
  const method = exchange.req.method === "HEAD" ? "get" : exchange.req.method.toLowerCase();
  const endpoint = exchange.candidates.find((candidate) => candidate.method === method);
  if (endpoint === undefined) {
    const allowed = allowedMethods(exchange.candidates);
    exchange.res.setHeader("allow", allowed);
    throw new GatewayError(
      "method_not_allowed",
      `${exchange.req.method} is not served here; this path takes ${allowed}.`,
    );
  }
  exchange.endpoint = endpoint;
};

function allowedMethods(candidates: readonly Endpoint[]): string {
  return candidates
    .flatMap(({ method }) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]))
    .join(", ");
}

const credentialIsRight =
  (rules: CheckRules): Check =>
  (exchange) => {
    if (exchange.endpoint.auth === "public") return;
    const { req } = exchange;
    const address = (): string => rules.clientAddress(req.socket.remoteAddress, req.headers);
    const credential = rules.gate(req.headers.authorization, address);
    requireRight(credential, exchange.endpoint.auth);
    exchange.credential = credential;
  };

const contentTypeIsJson: Check = ({ endpoint, req }) => {
  if (endpoint.body !== undefined) checkContentType(req);
};

const notStopping =
  (rules: CheckRules): Check =>
  ({ endpoint }) => {
    if (endpoint.auth === "public" || onlyLooks(endpoint.auth) || !rules.stopping()) return;
    throw new GatewayError("shutting_down", "The gateway is stopping; try again in a moment.", {
      retryAfterSeconds: 5,
    });
  };

const bodyIsJson =
  (rules: CheckRules): Check =>
  async (exchange) => {
    const { endpoint, req, res } = exchange;
    if (endpoint.body === undefined) return;
    exchange.sent = await readJson(req, res, rules.maxBodyBytes(endpoint.bodyLimit), rules.json);
  };

/** A body takes its time to come, and a key may end meanwhile. */
const credentialHolds: Check = ({ credential }) => credential?.ended.throwIfAborted();

const schemaFits: Check = ({ endpoint, input, req, sent }) => {
  if (endpoint.params) input.params = parseWith(endpoint.params, req.params, "path");
  if (endpoint.query) input.query = parseWith(endpoint.query, req.query, "query");
  if (endpoint.headers) input.headers = parseWith(endpoint.headers, req.headers, "headers");
  if (endpoint.body) input.body = parseWith(endpoint.body, sent, "body");
};

/** Runs the checks one after the other; false when one of them has answered by itself. */
export async function pass(exchange: Exchange, checks: readonly Check[]): Promise<boolean> {
  for (const check of checks) {
    const pending = check(exchange);
    if (pending !== undefined) await pending;
    if (exchange.res.writableEnded) return false;
  }
  return true;
}
