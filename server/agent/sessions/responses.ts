/** The contract of the response store: documents, numbered events, and the chain that a response continues. */
import type { Turn } from "../types.ts";

/** `interrupted`: the process of the run died. */
export type FinalResponseStatus = "completed" | "incomplete" | "failed" | "cancelled" | "interrupted";
export type ResponseStatus = "queued" | "in_progress" | FinalResponseStatus;

/** Instructions from the messages of a request. They also apply to responses that continue the conversation. */
export interface Instructions {
  readonly role: "instructions";
  readonly text: string;
}

/** Items of a request that change settings. They also apply to responses that continue the conversation. */
export interface Settings {
  readonly role: "settings";
  /** In the shape of the dialect that stored them. */
  readonly items: readonly object[];
}

export type ChainEntry = Turn | Instructions | Settings;

/** `request`, `response` and `input` are JSON texts. The store does not read them. */
export interface NewResponse {
  readonly id: string;
  readonly agentId: string;
  /** Name of the credential that owns the response. */
  readonly credential: string;
  /** Id of the response that it continues, as found by `chain`. */
  readonly previousId: string | undefined;
  /** Session of its run. */
  readonly sessionKey: string | undefined;
  readonly status: "queued" | "in_progress";
  readonly background: boolean;
  /** Milliseconds since the epoch. From then on the response is not found. */
  readonly expiresAt: number;
  /** The request without its input. */
  readonly request: string;
  readonly response: string;
  /** A JSON array of items. */
  readonly input: string;
  /** Turns that the caller adds to the conversation. */
  readonly turns: readonly ChainEntry[];
}

/** New output of a response since the last call. */
export interface ResponseProgress {
  readonly status?: "in_progress" | undefined;
  /** JSON texts. The store numbers them from 0 without gaps. */
  readonly events?: readonly string[] | undefined;
  readonly turns?: readonly ChainEntry[] | undefined;
  /** The compacted conversation. It replaces the whole chain and the turns of this response. */
  readonly context?: readonly ChainEntry[] | undefined;
}

export interface ResponseResult extends Omit<ResponseProgress, "status"> {
  readonly status: Exclude<FinalResponseStatus, "interrupted">;
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
  /** Number of stored events. */
  readonly events: number;
  readonly request: string;
  readonly response: string;
}

export interface StoredEvent {
  readonly seq: number;
  /** JSON. */
  readonly data: string;
}

/** The conversation up to the end of a response. */
export interface ResponseChain {
  readonly turns: readonly ChainEntry[];
  readonly status: ResponseStatus;
  readonly sessionKey: string | undefined;
}

/** Another credential's response and an expired one are not found. Every call rejects with `storage_unavailable`. */
export interface ResponseStore {
  create(response: NewResponse): Promise<void>;
  /** Stores all of it or nothing; durable when it resolves. False when the response has ended or was deleted. */
  append(id: string, progress: ResponseProgress): Promise<boolean>;
  /** Like `append`. Nothing can be added afterwards. */
  finish(id: string, end: ResponseResult): Promise<boolean>;
  get(id: string, viewer: string): Promise<StoredResponse | undefined>;
  /** Returns the items that the caller sent, as JSON. */
  input(id: string, viewer: string): Promise<string | undefined>;
  /** Yields events from number `from`, then new ones, until the response has ended or `signal` is aborted. */
  follow(id: string, from: number, signal: AbortSignal): AsyncIterable<StoredEvent>;
  /** Undefined when the agent has no such response of the credential. */
  chain(
    id: string,
    owner: { readonly agentId: string; readonly credential: string },
  ): Promise<ResponseChain | undefined>;
  /** Deletes the response. Its turns stay while another response continues it. False when it was not found. */
  remove(id: string, viewer: string): Promise<boolean>;
}
