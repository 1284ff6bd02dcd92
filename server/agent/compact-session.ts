/** Compacts a stored session between runs: replaces its oldest turns with a summary by a model. */
import { compact, type Compaction } from "./compaction.ts";
import type { OpenAccount } from "./account-call.ts";
import { withFallback } from "./with-fallback.ts";
import type { SessionStore } from "./sessions/store.ts";
import { selectVisibleTurns } from "./sessions/transcript.ts";
import type { AcquireByKey } from "./semaphore.ts";
import type { TraceContext } from "../lib/trace-context.ts";
import type { Agent } from "./types.ts";

export interface CompactRequest {
  readonly key: string;
  readonly agent: Agent;
  readonly credential: string;
  readonly runId: string;
  readonly requestId: string;
  readonly trace?: TraceContext | undefined;
  /** Approximate number of tokens of the newest turns that stay. */
  readonly keepTokens: number;
  readonly signal: AbortSignal;
}

/** Undefined when there is nothing to compact. Rejects with a `GatewayError`. */
export type CompactSession = (request: CompactRequest) => Promise<Compaction | undefined>;

export function createCompactSession(
  store: SessionStore,
  acquireSessionLock: AcquireByKey,
  openAccount: OpenAccount,
): CompactSession {
  return async ({ key, agent, credential, runId, requestId, trace, keepTokens, signal }) => {
    const { models } = agent;
    const accountCall = await openAccount({
      id: runId,
      requestId,
      trace,
      credential,
      agent,
      models,
      sessionKey: key,
      clientSession: undefined,
    });
    const maxWaitMs = agent.timeoutSeconds * 1_000;
    const releaseSession = await acquireSessionLock(key, signal, maxWaitMs);
    try {
      const owner = { agentId: agent.id, credential };
      const lease = await store.acquire(key, owner, undefined, { signal, maxWaitMs });
      try {
        const turns = selectVisibleTurns(lease.entries).map(({ turn }) => turn);
        const compaction = await withFallback(
          models,
          (model) => compact({ turns }, model, { keepTokens, signal, accountCall }),
          signal,
        );
        if (compaction === undefined) return undefined;
        const { summary, keptCount } = compaction;
        await lease.append([{ kind: "compaction", runId, summary, kept: keptCount }]);
        return compaction;
      } finally {
        await lease.release();
      }
    } finally {
      releaseSession();
    }
  };
}
