/** The contract of the store of OpenAI's conversations. Each is a session with an id of its own. */
import type { EndReason } from "../types.ts";
import type { ConversationItem, Entry } from "./store.ts";
import type { StoredTurn } from "./transcript.ts";

/** Records a run in a conversation of OpenAI's API. All of its turns are new, and a run that fails adds nothing. */
export interface ItemRecord {
  /** Returns the entries that record the items of the run. Called once, when the run has ended well. */
  createEntries(reason: EndReason): readonly Entry[];
}

export interface NewConversation {
  readonly id: string;
  /** Name of the credential that owns it. */
  readonly credential: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly entries: readonly Entry[];
}

export interface OpenAiConversation extends Omit<NewConversation, "entries"> {
  /** Id of the transcript. */
  readonly sessionId: string;
  /** The key of its session; without an agent until its first run. */
  readonly sessionKey: string;
  /** Undefined until its first run. */
  readonly agentId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** The source of the items of one run: its recorded items, or else its turns. */
export interface ItemSource {
  readonly runId: string;
  readonly items: readonly ConversationItem[] | undefined;
  readonly turns: readonly StoredTurn[];
  readonly deletedIds: ReadonlySet<string>;
}

/**
 * Rejects with `conversation_not_found` for an unknown conversation and for one that the viewer cannot see, and with
 * `storage_unavailable` when the store fails.
 */
export interface ConversationStore {
  create(conversation: NewConversation): Promise<OpenAiConversation>;
  find(id: string, viewer: string): Promise<OpenAiConversation>;
  update(id: string, viewer: string, metadata: NewConversation["metadata"]): Promise<OpenAiConversation>;
  /** Yields the sources of all items. `settings`: only sources with items that change settings. Reads a few at a time. */
  itemSources(sessionId: string, order: "asc" | "desc", filter?: "settings"): AsyncIterable<ItemSource>;
  /** Returns the turns of a run, after the deletions. */
  turnsOf(sessionId: string, runId: string): Promise<readonly StoredTurn[]>;
  /** Returns the turns that the model sees. */
  visibleTurns(sessionId: string): Promise<readonly StoredTurn[]>;
}

export type ConversationReader = Pick<ConversationStore, "find" | "itemSources">;
