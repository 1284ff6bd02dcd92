/** One run of an agent over the socket: its events, its result, its abort; found again when the line was lost. */
import { GatewayRequestError, isGatewayError } from "../errors.ts";
import { createEventQueue } from "./event-queue.ts";
import type { GatewaySocket } from "./gateway-socket.ts";
import type { AgentEvent, AgentParams, HelloOk, RunResult } from "./types.ts";

/** What to ask. Without an `idempotencyKey` of yours the client makes one; it is the id of the run. */
export type RunParams = Omit<AgentParams, "idempotencyKey"> & { readonly idempotencyKey?: string };

export interface RunOptions {
  /** Aborting it aborts the run, which then fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Can be iterated once: everything that happens in the run, then its failure if it failed. What happens while the line
 * is down is not told again; texts are told whole each time. Leaving the loop does not end the run.
 */
export interface SocketRun extends AsyncIterable<AgentEvent> {
  readonly runId: string;
  /** Resolves to the full key of the session, when the run has begun or waits for its turn. */
  readonly accepted: Promise<string>;
  /** Resolves when the run has ended well, else rejects. */
  readonly result: Promise<RunResult>;
  /** Resolves when the gateway has been told; the run then fails with `run_aborted`. */
  abort(): Promise<void>;
}

interface RunDeps {
  readonly call: GatewaySocket["call"];
  listen(name: "agent", listener: (event: AgentEvent) => void): () => void;
  hello(): HelloOk;
  /** Whether there will be no connection any more. */
  isClosed(): boolean;
}

const queueLimit = 1_000;
const maxWaitMs = 60_000;

export function startRun(deps: RunDeps, request: RunParams, { signal }: RunOptions = {}): SocketRun {
  const { call, listen, hello, isClosed } = deps;
  const runId = request.idempotencyKey ?? createRunId();
  const params: AgentParams = { ...request, idempotencyKey: runId };

  const stopListening = listen("agent", (event) => {
    if (event.runId === runId) queue.push(event);
  });
  const queue = createEventQueue<AgentEvent>(queueLimit, stopListening);

  let resolveAccepted: (sessionKey: string) => void = () => {};
  let rejectAccepted: (error: unknown) => void = () => {};
  const accepted = new Promise<string>((resolve, reject) => {
    resolveAccepted = resolve;
    rejectAccepted = reject;
  });

  /** Throws when the run is known to have failed; else resolves when it has ended, or has been waited for. */
  const wait = async (timeoutMs: number): Promise<void> => {
    const { status, error, errorCode } = await call("agent.wait", { runId, timeoutMs });
    if (status === "error") {
      throw new GatewayRequestError(error ?? "The run has failed.", { code: errorCode ?? null });
    }
  };
  const follow = async (): Promise<RunResult> => {
    for (let isRetry = false; ; isRetry = true) {
      signal?.throwIfAborted();
      try {
        // A failure is not always kept for who calls again with the key: that would be a second run.
        if (isRetry) await wait(0);
        const answer = await call("agent", params, {
          onAccepted: ({ sessionKey }) => resolveAccepted(sessionKey),
        });
        resolveAccepted(toFullKey(params, hello()));
        if (answer.status === "ok") return answer;
        await wait(maxWaitMs);
      } catch (thrown) {
        const isConnectionLost = isGatewayError(thrown) && thrown.code === "connection_lost";
        if (!isConnectionLost || isClosed()) throw thrown;
      }
    }
  };
  const abort = async (): Promise<void> => {
    const sessionKey = await accepted.catch(() => undefined);
    if (sessionKey !== undefined) await call("chat.abort", { sessionKey, runId });
  };
  const onAbort = (): void => void abort().catch(() => {});
  signal?.addEventListener("abort", onAbort);

  const finish = (error?: unknown): void => {
    signal?.removeEventListener("abort", onAbort);
    queue.end(error);
    rejectAccepted(error);
  };
  const result = follow().catch((error: unknown) => {
    throw signal?.aborted === true ? signal.reason : error;
  });
  // Somebody who looks at one of the three is told of a failure, and need not look at the others.
  result.then(() => finish(), finish);
  accepted.catch(() => {});

  return { runId, accepted, result, abort, [Symbol.asyncIterator]: () => queue.events };
}

function createRunId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** As the gateway makes it; for a run that was begun over another line, which was told. */
function toFullKey({ sessionKey, agentId }: AgentParams, { snapshot: { sessionDefaults } }: HelloOk): string {
  if (sessionKey?.startsWith("agent:") === true) return sessionKey;
  return `agent:${agentId ?? sessionDefaults.defaultAgentId}:${sessionKey ?? sessionDefaults.mainKey}`;
}
