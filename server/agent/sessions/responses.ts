/** What a store promises about responses: their documents, their numbered events, and the chain that each continues. */
import type { Turn } from "../types.ts";

/** `interrupted`: the process that made it died. */
export type ResponseEnd = "completed" | "incomplete" | "failed" | "cancelled" | "interrupted";
export type ResponseStatus = "queued" | "in_progress" | ResponseEnd;

/** Instructions that stood among the messages: who continues the conversation is held to them too. */
export interface Instructions {
  readonly role: "instructions";
  readonly text: string;
}

export type ChainEntry = Turn | Instructions;

/** Texts are JSON: the store keeps them as they are. */
export interface NewResponse {
  readonly id: string;
  readonly agentId: string;
  /** Name of the credential that it belongs to. */
  readonly credential: string;
  /** The response that it continues, found by `chain`. */
  readonly previousId: string | undefined;
  /** The session that its run belongs to. */
  readonly sessionKey: string | undefined;
  readonly status: "queued" | "in_progress";
  readonly background: boolean;
  /** Milliseconds since the epoch; afterwards it is not found. */
  readonly expiresAt: number;
  /** Without the input, which stands below. */
  readonly request: string;
  readonly response: string;
  /** An array of items. */
  readonly input: string;
  /** What the caller adds to the conversation. */
  readonly turns: readonly ChainEntry[];
}

/** What has come of a response since the last time. */
export interface ResponseProgress {
  readonly status?: "in_progress" | undefined;
  /** Numbered on, from 0 without gaps. */
  readonly events?: readonly string[] | undefined;
  readonly turns?: readonly ChainEntry[] | undefined;
  /** The conversation was made shorter: these take the place of the whole chain and of its own turns so far. */
  readonly context?: readonly ChainEntry[] | undefined;
}

export interface ResponseFinish extends Omit<ResponseProgress, "status"> {
  readonly status: Exclude<ResponseEnd, "interrupted">;
  readonly response: string;
}

export interface StoredResponse {
  readonly id: string;
  readonly agentId: string;
  readonly credential: string;
  readonly previousId: string | undefined;
  readonly sessionKey: string | undefined;
  readonly status: ResponseStatus;
  readonly background: boolean;
  readonly createdAt: number;
  /** Events stored so far. */
  readonly events: number;
  readonly request: string;
  readonly response: string;
}

export interface StoredEvent {
  readonly seq: number;
  /** JSON. */
  readonly data: string;
}

/** Everything said up to a response and in it. */
export interface ResponseChain {
  readonly turns: readonly ChainEntry[];
  readonly status: ResponseStatus;
  readonly sessionKey: string | undefined;
}

/** Another credential's response is not found, nor is one that has expired. Rejects with `storage_unavailable`. */
export interface ResponseStore {
  create(response: NewResponse): Promise<void>;
  /** Durable when it resolves, all of it or nothing. False when the response has ended or was deleted meanwhile. */
  append(id: string, progress: ResponseProgress): Promise<boolean>;
  /** As `append`; nothing can be added afterwards. */
  finish(id: string, end: ResponseFinish): Promise<boolean>;
  get(id: string, viewer: string): Promise<StoredResponse | undefined>;
  /** JSON: the items that the caller sent. */
  input(id: string, viewer: string): Promise<string | undefined>;
  /** From event `from` on, in their order; then those to come, until the response has ended or `signal` is aborted. */
  follow(id: string, from: number, signal: AbortSignal): AsyncIterable<StoredEvent>;
  /** Undefined when this agent has no such response of this credential. */
  chain(
    id: string,
    owner: { readonly agentId: string; readonly credential: string },
  ): Promise<ResponseChain | undefined>;
  /** Only its turns stay, for as long as another response continues it. False when there was none. */
  remove(id: string, viewer: string): Promise<boolean>;
}
