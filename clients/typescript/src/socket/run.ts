/** One run of an agent over the socket: its events, its result and its abort. It is resumed after a lost connection. */
import { GatewayRequestError, isGatewayError } from "../errors.ts";
import { createEventQueue } from "./event-queue.ts";
import type { GatewaySocket } from "./gateway-socket.ts";
import type { AgentEvent, AgentParams, HelloOk, RunResult } from "./types.ts";

/** Params of `agent`. `idempotencyKey` is the id of the run. Default: a random one. */
export type RunParams = Omit<AgentParams, "idempotencyKey"> & { readonly idempotencyKey?: string };

export interface RunOptions {
  /** Aborts the run. `result` then rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The events of a run. It can be iterated once. The loop throws when the run fails. Events during a lost connection are
 * missed; each text event has the full text of its message. Leaving the loop does not stop the run.
 */
export interface SocketRun extends AsyncIterable<AgentEvent> {
  readonly runId: string;
  /** Resolves to the full session key when the gateway has accepted the run. */
  readonly accepted: Promise<string>;
  /** Resolves to the result when the run has completed. Rejects when it fails. */
  readonly result: Promise<RunResult>;
  /** Resolves when the gateway has aborted the run. `result` then rejects with `run_aborted`. */
  abort(): Promise<void>;
}

interface RunDeps {
  readonly call: GatewaySocket["call"];
  listen(name: "agent", listener: (event: AgentEvent) => void): () => void;
  hello(): HelloOk;
  /** Whether there will be no further connection. */
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

  /** Waits for the end of the run or the timeout. Throws when the run has failed. */
  const wait = async (timeoutMs: number): Promise<void> => {
    const { status, error, errorCode } = await call("agent.wait", { runId, timeoutMs });
    if (status === "error") {
      throw new GatewayRequestError(error ?? "The run failed.", { code: errorCode ?? null });
    }
  };
  const follow = async (): Promise<RunResult> => {
    for (let isRetry = false; ; isRetry = true) {
      signal?.throwIfAborted();
      try {
        // The gateway does not store every failure for the key: without this check the call could start a second run.
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
  // The events, `accepted` and `result` report the same failure. Unused ones must not cause unhandled rejections.
  result.then(() => finish(), finish);
  accepted.catch(() => {});

  return { runId, accepted, result, abort, [Symbol.asyncIterator]: () => queue.events };
}

function createRunId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Builds the full key as the gateway does. A resumed run gets no `accepted` response with the key. */
function toFullKey({ sessionKey, agentId }: AgentParams, { snapshot: { sessionDefaults } }: HelloOk): string {
  if (sessionKey?.startsWith("agent:") === true) return sessionKey;
  return `agent:${agentId ?? sessionDefaults.defaultAgentId}:${sessionKey ?? sessionDefaults.mainKey}`;
}
