/**
 * The part of node-llama-cpp that the gateway uses. The package is optional, so these types are declared here: the gateway
 * builds without it. https://node-llama-cpp.withcat.ai
 */
import { GatewayError } from "../../../lib/errors.ts";

export interface LlamaLibrary {
  getLlama(options: {
    readonly gpu: "auto" | false;
    readonly build: "never";
    readonly maxThreads: number;
    readonly progressLogs: false;
    readonly logger: () => void;
  }): Promise<Llama>;
  readonly LlamaChat: new (options: { readonly contextSequence: Sequence }) => LlamaChat;
}

export interface Llama {
  readonly gpu: string | false;
  loadModel(options: { readonly modelPath: string }): Promise<LlamaModel>;
  createGrammarForJsonSchema(schema: GrammarSchema): Promise<Grammar>;
}

interface LlamaModel {
  readonly trainContextSize: number;
  readonly tokenizer: unknown;
  createContext(options: { readonly contextSize: { readonly max: number } }): Promise<Context>;
}

interface Context {
  readonly contextSize: number;
  getSequence(): Sequence;
}

export interface Sequence {
  readonly nextTokenIndex: number;
  readonly tokenMeter: { getState(): Meter };
}
interface Meter {
  readonly usedInputTokens: number;
  readonly usedOutputTokens: number;
}

declare const grammar: unique symbol;
export interface Grammar {
  readonly [grammar]: true;
}

/** The subset of JSON Schema that the library supports. It requires every property. */
export interface GrammarSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly GrammarSchema[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, GrammarSchema>>;
  readonly additionalProperties?: boolean | GrammarSchema;
  readonly items?: GrammarSchema;
  readonly prefixItems?: readonly GrammarSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, GrammarSchema>>;
}

/** Tools by name. */
export type Functions = Readonly<
  Record<string, { readonly description?: string; readonly params?: GrammarSchema }>
>;

export interface FunctionCall {
  readonly functionName: string;
  readonly params: unknown;
}

export type HistoryItem =
  | { readonly type: "system" | "user"; readonly text: string }
  | { readonly type: "model"; readonly response: HistoryPart[] };

/** Part of a model's reply: text, or a tool call with its result. */
export type HistoryPart =
  | string
  | {
      readonly type: "functionCall";
      readonly name: string;
      readonly params: unknown;
      result: string;
      readonly startsNewChunk: boolean;
    };

export interface LlamaChat {
  readonly chatWrapper: {
    generateContextState(options: {
      readonly chatHistory: readonly HistoryItem[];
      readonly availableFunctions: Functions | undefined;
      readonly documentFunctionParams: boolean;
    }): { readonly contextText: { tokenize(tokenizer: unknown): { readonly length: number } } };
  };
  generateResponse(history: readonly HistoryItem[], options: GenerateOptions): Promise<Response>;
}

export interface GenerateOptions {
  readonly onResponseChunk: (chunk: Chunk) => void;
  readonly onFunctionCall?: (call: FunctionCall) => void;
  readonly signal: AbortSignal;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly repeatPenalty?: { readonly frequencyPenalty: number; readonly presencePenalty: number };
  readonly customStopTriggers?: readonly string[];
  readonly budgets?: { readonly thoughtTokens: number };
  readonly grammar?: Grammar;
  readonly functions?: Functions;
  readonly documentFunctionParams?: boolean;
  readonly maxParallelFunctionCalls?: number;
}

interface Chunk {
  /** `segment` for thinking, undefined for text of the reply. */
  readonly type: "segment" | undefined;
  readonly text: string;
  readonly tokens: { readonly length: number };
}

interface Response {
  readonly metadata: { readonly stopReason: string };
}

const packageName: string = "node-llama-cpp";

export async function loadLibrary(): Promise<LlamaLibrary> {
  try {
    return (await import(packageName)) as LlamaLibrary;
  } catch (cause) {
    throw new GatewayError(
      "upstream_unreachable",
      "This model runs in the gateway with the package node-llama-cpp, which cannot be loaded. Install it in the same folder as the gateway: npm install node-llama-cpp",
      { cause, retry: false },
    );
  }
}
