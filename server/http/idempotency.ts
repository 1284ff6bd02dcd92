/** `Idempotency-Key`: of requests with the same key one runs, the others get its answer. */
import { createHash } from "node:crypto";
import { errorTable } from "../../contracts/errors.ts";
import type { IdempotencyStore, StoredAnswer } from "../agent/sessions/idempotency.ts";
import type { Log } from "../agent/types.ts";
import { GatewayError, toGatewayError } from "../errors.ts";
import type { Exchange } from "./exchange.ts";

/** The request is this one's to answer. */
export interface Held {
  /** Keeps the answer. To be called before its end has left. */
  keep(answer: StoredAnswer): Promise<void>;
  /** What was thrown may be an answer too: a request that is wrong stays wrong. */
  keepFailure(thrown: unknown, body: string): Promise<void>;
  /** Over: without an answer the key may run again. */
  settle(): Promise<void>;
}

export type Hold = (exchange: Exchange) => Promise<Held | "replayed" | undefined>;

const header = "idempotency-key";
/** Answers that say "later" are none. */
const passing: ReadonlySet<number> = new Set([408, 409, 429]);

/** Undefined for a request without a key, "replayed" when it has been answered. Throws when another is at work. */
export function createHold(store: IdempotencyStore, log: Log): Hold {
  return async (exchange) => {
    const { endpoint, req, credential } = exchange;
    const key = req.headers[header];
    if (typeof key !== "string" || credential === undefined) return undefined;
    if (endpoint.headers === undefined || !(header in endpoint.headers.shape)) return undefined;
    const scope = { credential: credential.name, method: req.method, path: endpoint.path, key };
    const claim = await store.claim(scope, fingerprint(exchange));
    if (claim.state === "mismatch") {
      throw new GatewayError(
        "idempotency_mismatch",
        `${header}: this key was used for another request; choose a new key for a new request.`,
        { param: header },
      );
    }
    if (claim.state === "running") {
      throw new GatewayError("idempotency_in_progress", "A request with this key is still being answered.", {
        retryAfterSeconds: 1,
      });
    }
    if (claim.state === "replay") {
      replay(exchange, claim.answer);
      return "replayed";
    }
    let kept = false;
    const failed = (error: unknown): void => {
      log.error("an idempotency record was not written", {
        requestId: exchange.requestId,
        error: String(error),
      });
    };
    const keep = async (answer: StoredAnswer): Promise<void> => {
      kept = true;
      await claim.complete(answer).catch(failed);
    };
    return {
      keep,
      async keepFailure(thrown, body) {
        const { status } = errorTable[toGatewayError(thrown).code];
        if (status >= 500 || passing.has(status)) return;
        await keep({ status, headers: { "content-type": "application/json; charset=utf-8" }, body });
      },
      settle: () => (kept ? Promise.resolve() : claim.abandon().catch(failed)),
    };
  };
}

/** The body as it was sent, and what the headers say about agent and conversation. */
function fingerprint({ req, sent }: Exchange): string {
  const headers = Object.entries(req.headers).filter(([name]) => name.startsWith("x-openclaw-"));
  const said = JSON.stringify([sent, headers.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
  return createHash("sha256").update(said).digest("base64url");
}

function replay({ res }: Exchange, { status, headers, body }: StoredAnswer): void {
  res.setHeaders(new Map(Object.entries(headers)));
  res.writeHead(status, { "idempotency-replayed": "true", "content-length": Buffer.byteLength(body) });
  res.end(body);
}
