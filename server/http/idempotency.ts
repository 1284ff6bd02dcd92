/** `Idempotency-Key`: one request with a key runs, and its answer is stored and replayed to the others. */
import { createHash } from "node:crypto";
import type { Config } from "../../contracts/config/config.ts";
import { isRetryDecided } from "../../contracts/error-responses.ts";
import { errorTable } from "../../contracts/errors.ts";
import type { IdempotencyStore, StoredResult } from "../agent/sessions/idempotency.ts";
import type { Log } from "../lib/ports.ts";
import { describeError, GatewayError, toGatewayError } from "../lib/errors.ts";
import type { Live } from "../lib/live.ts";
import { createStandardHeaders, resolveErrorShape } from "../transport/errors.ts";
import type { RequestContext } from "./request-context.ts";

/** The exclusive claim on a key: this request runs, others with the key wait for its answer. */
export interface Claim {
  /** Stores the answer. Call it before the last byte is sent. */
  complete(answer: StoredResult): Promise<void>;
  /** Stores an error as the answer if a repeat would get the same error. */
  completeWithError(thrown: unknown, body: string): Promise<void>;
  /** Ends the claim. If no answer was stored, the key may be used again. */
  release(): Promise<void>;
}

export type IdempotencyGuard = (context: RequestContext) => Promise<Claim | "replayed" | undefined>;

const headerName = "idempotency-key";
/** Statuses that a later attempt may change. They are not stored. */
const transientStatuses: ReadonlySet<number> = new Set([408, 409, 429]);

/** Returns the headers of requests that select a session, for any agent. */
export const listSessionHeaders = ({ agents: { defaults, list } }: Config): readonly string[] => [
  ...defaults.sessionHeaders,
  ...list.flatMap((agent) => agent.sessionHeaders ?? []),
];

/** Resolves to undefined without a key, and to "replayed" when the stored answer was sent. Rejects while another request runs. */
export function createIdempotencyGuard(
  store: IdempotencyStore,
  log: Log,
  sessionHeaders: Live<readonly string[]>,
): IdempotencyGuard {
  return async (context) => {
    const { endpoint, req, credential } = context;
    const key = readIdempotencyKey(context);
    if (key === undefined || credential === undefined) return undefined;
    const scope = { credential: credential.name, method: req.method ?? "", path: endpoint.path, key };
    const claim = await store.claim(scope, hashRequest(context, sessionHeaders.current));
    if (claim.state === "mismatch") {
      throw new GatewayError(
        "idempotency_mismatch",
        `${headerName}: this key was used for another request; choose a new key for a new request.`,
        { param: headerName },
      );
    }
    if (claim.state === "running") {
      throw new GatewayError("idempotency_in_progress", "A request with this key is still running.", {
        retryAfterSeconds: 1,
      });
    }
    if (claim.state === "replay") {
      sendStoredAnswer(context, claim.result);
      return "replayed";
    }
    let isComplete = false;
    const logFailure = (error: unknown): void => {
      log.error("idempotency record not stored", {
        requestId: context.requestId,
        error: describeError(error),
      });
    };
    const complete = async (answer: StoredResult): Promise<void> => {
      isComplete = true;
      await claim.complete(answer).catch(logFailure);
    };
    return {
      complete,
      async completeWithError(thrown, body) {
        const { status } = errorTable[toGatewayError(thrown).code];
        if (status >= 500 || transientStatuses.has(status)) return;
        await complete({ status, headers: { "content-type": "application/json; charset=utf-8" }, body });
      },
      release: () => (isComplete ? Promise.resolve() : claim.release().catch(logFailure)),
    };
  };
}

/** Reads the key from the header, or from the body of an endpoint that has it there. Undefined where there is none. */
export function readIdempotencyKey({ endpoint, req, input }: RequestContext): string | undefined {
  if (endpoint.headers === undefined || !(headerName in endpoint.headers.shape)) return undefined;
  const header = req.headers[headerName];
  const { idempotencyKey: field } = (input.body ?? {}) as { readonly idempotencyKey?: unknown };
  if (typeof field !== "string") return typeof header === "string" ? header : undefined;
  if (header === undefined || header === field) return field;
  throw new GatewayError("invalid_request", `idempotencyKey and ${headerName} differ; send one of them.`, {
    param: "idempotencyKey",
  });
}

/** Hashes the body and the headers that change the answer: `x-openclaw-*`, and those that select a session. */
function hashRequest({ req, jsonBody }: RequestContext, sessionHeaders: readonly string[]): string {
  const headers = Object.entries(req.headers).filter(
    ([name]) => name.startsWith("x-openclaw-") || sessionHeaders.includes(name),
  );
  const canonicalRequest = JSON.stringify([jsonBody, headers.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
  return createHash("sha256").update(canonicalRequest).digest("base64url");
}

function sendStoredAnswer(
  { req, res, requestId, endpoint }: RequestContext,
  { status, headers, body }: StoredResult,
): void {
  const errorShape = resolveErrorShape(endpoint.errorShape, req);
  const isError = status >= 400;
  res.writeHead(status, {
    ...createStandardHeaders(requestId, errorShape),
    ...headers,
    // The stored error of a repeat is final.
    ...(isError && isRetryDecided(status, errorShape) ? { "x-should-retry": "false" } : {}),
    "idempotency-replayed": "true",
    "content-length": Buffer.byteLength(body),
  });
  res.end(body);
}
