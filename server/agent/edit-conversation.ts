/** Adds entries to a conversation of OpenAI's API between its runs. */
import { GatewayError } from "../lib/errors.ts";
import type { AcquireByKey } from "./semaphore.ts";
import type { OpenAiConversation } from "./sessions/conversations.ts";
import type { Entry, SessionStore } from "./sessions/store.ts";

interface EditRequest {
  readonly conversation: OpenAiConversation;
  /** Name of the credential of the request. */
  readonly credential: string;
  readonly signal: AbortSignal;
}

/**
 * `createEntries` is called when no run is at work. Durable when it resolves. Rejects with `session_busy` when too many
 * requests wait, and with what `createEntries` throws.
 */
export type EditConversation = (
  request: EditRequest,
  createEntries: () => Promise<readonly Entry[]>,
) => Promise<void>;

/** As long as a run may take by default. */
const maxWaitMs = 600_000;

export function createEditConversation(
  store: SessionStore,
  acquireSessionLock: AcquireByKey,
): EditConversation {
  return async ({ conversation, credential, signal }, createEntries) => {
    const { id, sessionKey, agentId = "" } = conversation;
    const releaseSession = await acquireSessionLock(sessionKey, signal, maxWaitMs);
    try {
      const entries = await createEntries();
      const lease = await store.acquire(sessionKey, { agentId, credential }, () => entries);
      await lease.release();
    } catch (error) {
      // It was deleted while the request waited.
      if (error instanceof GatewayError && error.code === "session_not_found")
        throw new GatewayError("conversation_not_found", `There is no conversation "${id}".`);
      throw error;
    } finally {
      releaseSession();
    }
  };
}
