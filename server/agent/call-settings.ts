/** The types of the tools and settings of a model call. */

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface ToolDefinition {
  readonly name: string;
  readonly description?: string | undefined;
  /** JSON Schema of the arguments. Absent: any object. */
  readonly parameters?: JsonSchema | undefined;
  readonly strict?: boolean | undefined;
  /** The tool as its caller declared it, for models that know this kind. All others get the function. */
  readonly native?: NativeTool | undefined;
  readonly cacheControl?: CacheControl | undefined;
}

/** A breakpoint of Anthropic's prompt cache: what comes before it and the block that has it are cached. Others ignore it. */
export interface CacheControl {
  readonly type: "ephemeral";
  readonly ttl?: "5m" | "1h";
}

/** `custom`: takes one text, the function's argument `input`. `anthropic`: a tool that Anthropic defines by its type. */
export type NativeTool =
  | {
      readonly kind: "custom";
      readonly description?: string | undefined;
      readonly grammar?: CustomGrammar | undefined;
    }
  | {
      readonly kind: "anthropic";
      readonly type: string;
      readonly settings: Readonly<Record<string, unknown>>;
    };

/** The form of a custom tool's text. */
export interface CustomGrammar {
  /** `lark` or `regex`. */
  readonly syntax?: string | undefined;
  readonly definition: string;
}

/** `required`: at least one call. An object: a call of that tool. */
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

/** Sampling parameters. A provider ignores those that it does not support. */
export interface Sampling {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly seed?: number | undefined;
  readonly logitBias?: Readonly<Record<string, number>> | undefined;
}

export type ThinkingLevel = "off" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

/** What a provider's cache of prompts is told. */
export interface PromptCache {
  /** Requests with the same key are likely to have the same beginning. */
  readonly key?: string | undefined;
  readonly retention?: string | undefined;
  /** The caller's breakpoints, beside those of tools and turns. */
  readonly breakpoints?:
    | {
        /** By the number of characters of the system prompt that come after it. */
        readonly system: readonly { readonly charactersAfter: number; readonly cacheControl: CacheControl }[];
        /** The end of the request, wherever that is. */
        readonly request?: CacheControl | undefined;
      }
    | undefined;
}
