/** The types of a run: model calls, tools and events, and those of its turns. They know no transport and no wire format of a provider. */
import type { GatewayError } from "../lib/errors.ts";
import type { Prices } from "../lib/cost.ts";
import type { Sink } from "../lib/ports.ts";
import type { TraceContext } from "../lib/trace-context.ts";
import type { Issue } from "../lib/zod-issues.ts";
import type {
  JsonSchema,
  ToolDefinition,
  ToolChoice,
  ResponseFormat,
  Sampling,
  ThinkingLevel,
  PromptCache,
} from "./call-settings.ts";
import type { OfferedModels } from "./offered-models.ts";
import type { ItemRecord } from "./sessions/conversations.ts";
import type { Part, PartState, Phase, ToolCall, Turn } from "./turns.ts";

export type * from "./call-settings.ts";
export type * from "./turns.ts";

// ── Model and tools ──────────────────────────────────────────────────────────

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
  readonly promptCache?: PromptCache | undefined;
  /** W3C trace context for the provider. Absent unless the configuration propagates it. */
  readonly traceHeaders?: Readonly<Record<string, string>> | undefined;
  /** False when no one reads the stream. The provider can then be called without streaming. */
  readonly stream: boolean;
}

export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter";

/** Token counts. `input` includes `cached`, and `output` includes `reasoning`. */
export interface Usage {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly cacheWrite: number;
  readonly reasoning: number;
}

/**
 * An event of a model. Calls are numbered from 0. All fragments of a call carry its index and follow its `tool_call`.
 * `finish` or `error` is the last event, and a model throws nothing. Without either the answer was truncated.
 */
export type ModelEvent =
  | { readonly type: "text"; readonly text: string; readonly phase?: Phase | undefined }
  | { readonly type: "thinking"; readonly text: string }
  | { readonly type: "refusal"; readonly text: string }
  | { readonly type: "tool_call"; readonly index: number; readonly id: string; readonly name: string }
  | { readonly type: "tool_call_arguments"; readonly index: number; readonly fragment: string }
  | StateEvent
  | {
      readonly type: "finish";
      readonly reason: FinishReason;
      readonly usage?: Usage | undefined;
      /** The stop sequence that ended the text, if the provider says so. */
      readonly stopSequence?: string | undefined;
    }
  | { readonly type: "error"; readonly error: GatewayError };

/** State of a part, for the model that wrote it. Ends the latest part of this type; without one it adds an empty part. */
export type StateEvent =
  | {
      readonly type: "state";
      readonly model: string;
      readonly part: "thinking" | "text";
      readonly state: PartState;
    }
  | {
      readonly type: "tool_call_state";
      readonly model: string;
      readonly index: number;
      readonly state: PartState;
    };

/**
 * One call to one model. Pushes its events and resolves after the last one, soon after `signal` is aborted at the latest.
 * Waits for `sink.ready` before it reads more from the provider.
 */
export type Model = (call: ModelCall, sink: ModelSink, signal: AbortSignal) => Promise<void>;
export type ModelSink = Sink<ModelEvent>;

/** A model that yields its events. `toModel` makes it a `Model`. */
export type ModelStream = (call: ModelCall, signal: AbortSignal) => AsyncIterable<ModelEvent>;

export interface ToolContext {
  readonly runId: string;
  readonly agentId: string;
  /** Name of the credential of the request. */
  readonly credential: string;
  readonly sessionKey: string | undefined;
  /** `run`: the agent calls the tool. Otherwise a caller of the HTTP or WebSocket API does. */
  readonly surface: "run" | "http" | "socket";
  /** The span of the call; undefined while traces are off. */
  readonly trace?: TraceContext | undefined;
  readonly signal: AbortSignal;
  /** Reports output while the tool runs. The result contains it too. */
  readonly report: (text: string) => void;
}

export interface ToolOutput {
  /** Content for the model. */
  readonly content: readonly Part[];
  readonly isError: boolean;
  /** Machine-readable result, for instance an exit code. Only callers that invoke a single tool get it. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

export interface Tool extends ToolDefinition {
  readonly description: string;
  readonly parameters: JsonSchema;
  /** True for a tool whose result can change between equal calls. */
  readonly isRepeatable?: true | undefined;
  /** Changes files: in one step such calls run one after the other, so that an abort stops the ones that have not begun. */
  readonly changesFiles?: true | undefined;
  /** Returns the issues of these arguments. `run` accepts arguments without any. */
  check(args: unknown): readonly Issue[];
  /** Runs the tool. The message of a thrown error becomes an error result. Ends soon after `context.signal` is aborted. */
  run(args: unknown, context: ToolContext): Promise<ToolOutput>;
}

/** The tools that an agent can use. */
export interface Toolbox {
  /** Returns the tools for this model, `<provider>/<id>`. Starts MCP servers to list their tools. */
  toolsFor(model: string, signal: AbortSignal): readonly Tool[] | Promise<readonly Tool[]>;
}

// ── Run ─────────────────────────────────────────────────────────────────────

export interface NamedModel {
  /** `<provider>/<id>`. */
  readonly ref: string;
  /** Size of the context window in tokens, if it is known. */
  readonly contextWindow?: number | undefined;
  /** Its prices, if they are configured. */
  readonly cost?: Prices;
  /** The thinking levels that are sent to it. Absent: it ignores the level of a call. */
  readonly thinkingLevels?: readonly ThinkingLevel[];
  readonly call: Model;
  /** Counts the input tokens of a call. Undefined where the provider cannot say; absent where it has no counter. */
  readonly countTokens?: (call: ModelCall, signal: AbortSignal) => Promise<number | undefined>;
}

export interface Agent {
  readonly id: string;
  readonly name: string | undefined;
  /** Its purpose, for people. */
  readonly description: string | undefined;
  /** The primary model, then its fallbacks. */
  readonly models: readonly NamedModel[];
  /** Further models that a caller can select. */
  readonly offeredModels: OfferedModels;
  readonly instructions: string;
  /** Returns the workspace files of the system prompt, for the credential with this name. Called for every run. */
  readonly workspaceFiles: (credential: string) => Promise<string>;
  readonly toolbox: Toolbox;
  /** Names of request headers that select a session, in lower case. */
  readonly sessionHeaders?: readonly string[];
  readonly maxSteps: number;
  readonly timeoutSeconds: number;
  /** Longest conversation in estimated tokens. Absent: the context window of the model. */
  readonly contextTokens?: number | undefined;
  readonly thinking: ThinkingLevel | undefined;
}

/** Stores the turns of an ephemeral run. They are durable when a call resolves. */
export interface RunJournal {
  add(turn: Turn): Promise<void>;
  /** Replaces all turns after a compaction. */
  replace(turns: readonly Turn[]): Promise<void>;
}

export interface Run {
  readonly id: string;
  readonly requestId: string;
  /** The id of the HTTP operation, or the name of the socket method, that started the run. */
  readonly operation: string;
  /** The span that the run belongs to; undefined while traces are off. */
  readonly trace?: TraceContext | undefined;
  /** Name of the credential of the request. */
  readonly credential: string;
  readonly agent: Agent;
  readonly models: readonly NamedModel[];
  /** System and developer text of this run only. */
  readonly instructions: string;
  /** The conversation of the request. */
  readonly turns: readonly Turn[];
  /** Name of the conversation in the request, for error messages. */
  readonly turnsParam: string;
  /** Names of its turns in the request, for error messages. */
  readonly turnParams: readonly string[];
  /** Number of turns that belong to earlier responses. They are the first ones. */
  readonly earlierCount?: number | undefined;
  /** Whether a tool result may come anywhere after its call, and again. Absent: it comes once, right after it. */
  readonly acceptsLateResults?: boolean | undefined;
  /** Full session key. Absent for an ephemeral run. */
  readonly sessionKey: string | undefined;
  /** The client's own name of the conversation, for the log. It selects nothing. */
  readonly clientSession?: string | undefined;
  /** Label of the session, if the run creates it. */
  readonly sessionLabel?: string | undefined;
  readonly journal?: RunJournal | undefined;
  /** Present when the session is continued as a conversation of OpenAI's API. */
  readonly itemRecord?: ItemRecord | undefined;
  readonly tools: readonly ToolDefinition[];
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls: boolean;
  readonly responseFormat: ResponseFormat | undefined;
  readonly sampling: Sampling;
  readonly maxOutputTokens: number | undefined;
  /** Limit of agent tool calls in the whole run. Absent: only the steps are limited. */
  readonly maxToolCalls?: number | undefined;
  /** `disabled`: a conversation that does not fit fails and is not compacted. */
  readonly truncation?: "auto" | "disabled" | undefined;
  readonly stop: readonly string[];
  readonly thinking: ThinkingLevel | undefined;
  /** Without a key, one is derived from the session. */
  readonly promptCache?: PromptCache | undefined;
  readonly stream: boolean;
  readonly signal: AbortSignal;
}

export type EndReason = FinishReason | "aborted" | "error";

/** An event of a run. Exactly one `end` is emitted, last. `tool_call` events are calls of client tools only. */
export type RunEvent =
  /** The run is admitted and its request is stored. `owner` is the credential that owns its session. */
  | { readonly type: "start"; readonly owner?: string | undefined }
  | { readonly type: "text"; readonly text: string; readonly phase?: Phase | undefined }
  | { readonly type: "thinking"; readonly text: string }
  | { readonly type: "refusal"; readonly text: string }
  | { readonly type: "tool_call"; readonly index: number; readonly id: string; readonly name: string }
  | { readonly type: "tool_call_arguments"; readonly index: number; readonly fragment: string }
  | StateEvent
  | { readonly type: "tool_start"; readonly call: ToolCall }
  | { readonly type: "tool_output"; readonly callId: string; readonly text: string }
  | { readonly type: "tool_result"; readonly callId: string; readonly output: ToolOutput }
  | { readonly type: "step"; readonly model: string; readonly usage: Usage | undefined }
  /** A summary has replaced the oldest turns. */
  | { readonly type: "compaction"; readonly summary: string }
  | { readonly type: "fallback"; readonly from: string; readonly to: string; readonly error: GatewayError }
  | {
      readonly type: "end";
      readonly reason: EndReason;
      /** The sum over all model calls. Absent when no provider reported any. */
      readonly usage: Usage | undefined;
      /** The stop sequence that ended the answer, if the provider says so. */
      readonly stopSequence?: string | undefined;
      /** Present when `reason` is `error`. */
      readonly error?: GatewayError | undefined;
    };

/** Takes the events of a run. A sink that throws ends the run with what it threw. */
export type RunSink = Sink<RunEvent>;

/** Starts one run, once. */
export type StartRun = (sink: RunSink) => Promise<void>;

/** Never rejects. Resolves after `end`, the last event. */
export type RunAgent = (run: Run, sink: RunSink) => Promise<void>;
