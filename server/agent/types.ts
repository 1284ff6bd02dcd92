/** The words of a run: turns, model calls, tools, events. No transport and no provider's wire format. */
import type { GatewayError } from "../errors.ts";
import type { Issue } from "../issues.ts";

/** Milliseconds since the epoch. */
export type Clock = () => number;

/** A new unique id that begins with `prefix`, for instance `chatcmpl-`. */
export type NewId = (prefix: string) => string;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
export type LogFields = Readonly<Record<string, unknown>>;

// ── Conversation ────────────────────────────────────────────────────────────

export interface TextPart {
  readonly type: "text";
  readonly text: string;
}

export interface ImagePart {
  readonly type: "image";
  readonly mediaType: string;
  /** Base64. */
  readonly data: string;
  readonly detail?: "auto" | "low" | "high" | undefined;
}

export type Part = TextPart | ImagePart;

export interface UserTurn {
  readonly role: "user";
  readonly content: readonly Part[];
  readonly name?: string | undefined;
  /** Stands for older turns, in the words of a model. */
  readonly summary?: true | undefined;
}

export interface AssistantTurn {
  readonly role: "assistant";
  readonly text: string;
  readonly thinking?: string | undefined;
  readonly refusal?: string | undefined;
  readonly calls: readonly ToolCall[];
  readonly state?: ProviderState | undefined;
  /** Set when the turn was cut: by the caller, by a failure, by a crash. */
  readonly cut?: "aborted" | "error" | "interrupted" | undefined;
}

/** What a provider wants to be given back with a turn of its own: signed or encrypted thinking. Others cannot read it. */
export interface ProviderState {
  /** The one model that may be given it. */
  readonly model: string;
  /** JSON. */
  readonly data: unknown;
}

export interface ToolTurn {
  readonly role: "tool";
  readonly callId: string;
  readonly content: readonly Part[];
  /** True when the agent ran the tool itself; a client's results are input. */
  readonly own?: boolean | undefined;
}

export type Turn = UserTurn | AssistantTurn | ToolTurn;

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, exactly as the model wrote it. */
  readonly arguments: string;
}

// ── Model ───────────────────────────────────────────────────────────────────

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface ToolDefinition {
  readonly name: string;
  readonly description?: string | undefined;
  /** JSON Schema of the arguments; absent means any object. */
  readonly parameters?: JsonSchema | undefined;
  readonly strict?: boolean | undefined;
}

/** `required`: at least one call; an object: a call of that tool. */
export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

export type ResponseFormat =
  | { readonly type: "json_object" }
  | {
      readonly type: "json_schema";
      readonly name: string;
      readonly schema: JsonSchema;
      readonly description?: string | undefined;
      readonly strict?: boolean | undefined;
    };

/** Hints; a provider that lacks one drops it. */
export interface Sampling {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly seed?: number | undefined;
  readonly logitBias?: Readonly<Record<string, number>> | undefined;
}

export type ThinkingLevel = "off" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

export interface ModelCall {
  readonly system: string;
  readonly turns: readonly Turn[];
  readonly tools: readonly ToolDefinition[];
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls: boolean;
  readonly responseFormat?: ResponseFormat | undefined;
  readonly sampling: Sampling;
  readonly maxOutputTokens?: number | undefined;
  readonly stop: readonly string[];
  readonly thinking?: ThinkingLevel | undefined;
  /** False when nobody watches: a whole reply may be asked for whole. */
  readonly stream: boolean;
}

export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter";

/** Tokens. `input` includes `cached`; `output` includes `reasoning`. */
export interface Usage {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly cacheWrite: number;
  readonly reasoning: number;
}

/**
 * What a model yields. Calls are numbered from 0; all fragments of a call carry its index and come after its `tool_call`.
 * `finish` or `error` is the last event; nothing is thrown. A model that ends without either was cut.
 */
export type ModelEvent =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly text: string }
  | { readonly type: "refusal"; readonly text: string }
  | { readonly type: "tool_call"; readonly index: number; readonly id: string; readonly name: string }
  | { readonly type: "tool_call_arguments"; readonly index: number; readonly fragment: string }
  /** Kept with the turn. */
  | { readonly type: "state"; readonly state: ProviderState }
  | { readonly type: "finish"; readonly reason: FinishReason; readonly usage?: Usage | undefined }
  | { readonly type: "error"; readonly error: GatewayError };

/** One call to one model. Ends soon after `signal` is aborted, with whatever event or none. */
export type Model = (call: ModelCall, signal: AbortSignal) => AsyncIterable<ModelEvent>;

// ── Tools of the agent's own ────────────────────────────────────────────────

export interface ToolContext {
  readonly runId: string;
  readonly agentId: string;
  /** Name of the credential that asked. */
  readonly credential: string;
  readonly sessionKey: string | undefined;
  /** `run`: the agent calls it; the others are doors whose callers name a tool. */
  readonly surface: "run" | "http" | "socket";
  readonly signal: AbortSignal;
  /** Output so far, for those who watch the run; the result has it again. */
  readonly report: (text: string) => void;
}

export interface ToolOutput {
  /** What the model is told, and shown. */
  readonly content: readonly Part[];
  readonly isError: boolean;
  /** The same for programs, as JSON: an exit code, a list. Only callers of a single tool see it. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

export interface Tool extends ToolDefinition {
  readonly description: string;
  readonly parameters: JsonSchema;
  /** To call it again with the same arguments makes sense: it tells what has changed. */
  readonly mayRepeat?: true | undefined;
  /** What is wrong with these arguments; none means that `run` takes them. */
  check(args: unknown): readonly Issue[];
  /** May throw: the message is the result then. Ends soon after `context.signal` is aborted. */
  run(args: unknown, context: ToolContext): Promise<ToolOutput>;
}

/** The tools that an agent may use. */
export interface Toolbox {
  /** Those that it may use with this model, `<provider>/<id>`; MCP servers are started here to learn theirs. */
  toolsFor(model: string, signal: AbortSignal): readonly Tool[] | Promise<readonly Tool[]>;
}

// ── Run ─────────────────────────────────────────────────────────────────────

export interface NamedModel {
  /** `<provider>/<id>`. */
  readonly ref: string;
  /** Tokens that one conversation may have, where that is known. */
  readonly contextWindow?: number | undefined;
  readonly call: Model;
}

export interface Agent {
  readonly id: string;
  readonly name: string | undefined;
  /** The primary model first, then its fallbacks. */
  readonly models: readonly NamedModel[];
  /** Further models that a caller may ask for by name. */
  readonly allowedModels: readonly NamedModel[];
  readonly instructions: string;
  /** Read anew for every run: files of the workspace that belong to the system prompt. */
  readonly workspaceFiles: () => Promise<string>;
  readonly toolbox: Toolbox;
  readonly maxSteps: number;
  readonly timeoutSeconds: number;
  readonly thinking: ThinkingLevel | undefined;
}

/** Keeps what an ephemeral run adds to its conversation; durable when it resolves. */
export interface RunJournal {
  add(turn: Turn): Promise<void>;
  /** The conversation was made shorter: these are all its turns now. */
  replace(turns: readonly Turn[]): Promise<void>;
}

export interface Run {
  readonly id: string;
  readonly requestId: string;
  /** Name of the credential that asked. */
  readonly credential: string;
  readonly agent: Agent;
  readonly models: readonly NamedModel[];
  /** System and developer text of this run alone. */
  readonly instructions: string;
  /** The conversation as the caller sent it. */
  readonly turns: readonly Turn[];
  /** The caller's name for that conversation, and for each turn of it, to say where an error is. */
  readonly turnsParam: string;
  readonly turnParams: readonly string[];
  /** Canonical key; absent for an ephemeral run. */
  readonly sessionKey: string | undefined;
  readonly journal?: RunJournal | undefined;
  readonly tools: readonly ToolDefinition[];
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls: boolean;
  readonly responseFormat: ResponseFormat | undefined;
  readonly sampling: Sampling;
  readonly maxOutputTokens: number | undefined;
  /** Calls of the agent's own tools in the whole run; absent: no limit but the steps. */
  readonly maxToolCalls?: number | undefined;
  /** `disabled`: a conversation that does not fit fails instead of being compacted. */
  readonly truncation?: "auto" | "disabled" | undefined;
  readonly stop: readonly string[];
  readonly thinking: ThinkingLevel | undefined;
  readonly stream: boolean;
  readonly signal: AbortSignal;
}

export type EndReason = FinishReason | "aborted" | "error";

/** What a run tells its door. Exactly one `end`, last. Only a client's tool calls show as `tool_call`. */
export type RunEvent =
  /** Its turn has come, and what the caller said is stored: in a session of this credential, where it has one. */
  | { readonly type: "start"; readonly owner?: string | undefined }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly text: string }
  | { readonly type: "refusal"; readonly text: string }
  | { readonly type: "tool_call"; readonly index: number; readonly id: string; readonly name: string }
  | { readonly type: "tool_call_arguments"; readonly index: number; readonly fragment: string }
  | { readonly type: "tool_start"; readonly call: ToolCall }
  | { readonly type: "tool_output"; readonly callId: string; readonly text: string }
  | { readonly type: "tool_result"; readonly callId: string; readonly output: ToolOutput }
  | { readonly type: "step"; readonly model: string; readonly usage: Usage | undefined }
  /** The oldest turns have been replaced by a summary. */
  | { readonly type: "compaction"; readonly summary: string }
  | { readonly type: "fallback"; readonly from: string; readonly to: string; readonly error: GatewayError }
  | {
      readonly type: "end";
      readonly reason: EndReason;
      /** The sum over all model calls; absent when no provider said. */
      readonly usage: Usage | undefined;
      /** Present when `reason` is `error`. */
      readonly error?: GatewayError | undefined;
    };

export type RunAgent = (run: Run) => AsyncIterable<RunEvent>;
