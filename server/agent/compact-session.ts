/** Makes a stored session shorter when nobody runs in it: a model's summary takes the place of the oldest turns. */
import { compact, type Compaction } from "./compaction.ts";
import { firstThatWorks } from "./first-that-works.ts";
import type { SessionStore } from "./sessions/store.ts";
import { visibleTurns } from "./sessions/transcript.ts";
import type { EnterLane } from "./turnstile.ts";
import type { Agent } from "./types.ts";

export interface CompactRequest {
  readonly key: string;
  readonly agent: Agent;
  readonly credential: string;
  readonly runId: string;
  /** About so many tokens of the newest turns stay. */
  readonly keepTokens: number;
  readonly signal: AbortSignal;
}

/** Undefined when there is nothing that could be left out. Rejects with a `GatewayError`. */
export type CompactSession = (request: CompactRequest) => Promise<Compaction | undefined>;

export function createCompactSession(store: SessionStore, enterLane: EnterLane): CompactSession {
  return async ({ key, agent, credential, runId, keepTokens, signal }) => {
    const leave = await enterLane(key, signal, agent.timeoutSeconds * 1000);
    try {
      const lease = await store.acquire(key, { agentId: agent.id, credential });
      try {
        const turns = visibleTurns(lease.entries).map(({ turn }) => turn);
        const compaction = await firstThatWorks(
          agent.models,
          (model) => compact({ turns }, model, keepTokens, signal),
          signal,
        );
        if (compaction === undefined) return undefined;
        const { summary, kept } = compaction;
        await lease.append([{ kind: "compaction", runId, summary, kept }]);
        return compaction;
      } finally {
        await lease.release();
      }
    } finally {
      leave();
    }
  };
}
