/** The types of a conversation: turns and their parts. They know no transport and no wire format of a provider. */
import type { CacheControl } from "./call-settings.ts";

export interface TextPart {
  readonly type: "text";
  readonly text: string;
  readonly cacheControl?: CacheControl | undefined;
}

export interface ImagePart {
  readonly type: "image";
  readonly mediaType: string;
  /** Base64. */
  readonly data: string;
  readonly detail?: "auto" | "low" | "high" | undefined;
  readonly cacheControl?: CacheControl | undefined;
}

export type Part = TextPart | ImagePart;

export interface UserTurn {
  readonly role: "user";
  readonly content: readonly Part[];
  readonly name?: string | undefined;
  /** True for a summary by a model that replaces older turns. */
  readonly summary?: true | undefined;
  /** True for the system events that waited for this run. No caller has sent the turn. */
  readonly systemEvent?: true | undefined;
}

export interface AssistantTurn {
  readonly role: "assistant";
  /** In the order in which the model wrote them. */
  readonly content: readonly AssistantPart[];
  /** The only model that can read the state of the parts; absent without any. A client may send parts back without it. */
  readonly model?: string | undefined;
  /** Present on a truncated turn: the caller aborted the run, the run failed, or the gateway crashed. */
  readonly cut?: "aborted" | "error" | "interrupted" | undefined;
}

export type AssistantPart =
  | (TextPart & { readonly phase?: Phase | undefined; readonly state?: PartState | undefined })
  | { readonly type: "thinking"; readonly text: string; readonly state?: PartState | undefined }
  | { readonly type: "refusal"; readonly text: string }
  | ({ readonly type: "tool_call" } & ToolCall);

/** Whether a text accompanies the work or is the answer. OpenAI's models name it and expect it back. */
export type Phase = "commentary" | "final_answer";

/** Opaque JSON that a provider expects back with a part of its own turn, such as a signature or encrypted thinking. */
export type PartState = Readonly<Record<string, unknown>>;

export interface ToolTurn {
  readonly role: "tool";
  readonly callId: string;
  readonly content: readonly Part[];
  /** True for the result of an agent tool. The result of a client tool is input. */
  readonly own?: boolean | undefined;
  readonly isError?: true | undefined;
}

/** Instructions in the middle of a conversation. */
export interface SystemTurn {
  readonly role: "system";
  readonly content: readonly TextPart[];
}

export type Turn = UserTurn | AssistantTurn | ToolTurn | SystemTurn;

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text exactly as the model sent it. It can be invalid. */
  readonly arguments: string;
  readonly state?: PartState | undefined;
  readonly cacheControl?: CacheControl | undefined;
}
