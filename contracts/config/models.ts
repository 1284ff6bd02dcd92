/** `models`: the model providers, in addition to the embedded `builtin`. */
import { z } from "zod";
import { listOf, shortText } from "../limits.ts";
import { filePath, milliseconds, tokens } from "./fields.ts";
import { SecretText } from "./secret.ts";

const Compat = z
  .strictObject({
    supportsDeveloperRole: z
      .boolean()
      .exactOptional()
      .describe("`false` sends developer messages as system messages."),
    supportsUsageInStreaming: z.boolean().exactOptional().describe("`false` omits `stream_options`."),
    supportsReasoningEffort: z.boolean().exactOptional().describe("`false` omits `reasoning_effort`."),
    supportsStrictMode: z.boolean().exactOptional().describe("`false` omits `strict` from tools."),
    supportsParallelToolCalls: z.boolean().exactOptional().describe("`false` omits `parallel_tool_calls`."),
    supportsResponseFormat: z
      .boolean()
      .exactOptional()
      .describe("`false` rejects requests for a JSON format with 400 `unsupported_value`."),
    maxTokensField: z
      .enum(["max_tokens", "max_completion_tokens"])
      .exactOptional()
      .describe("Field that limits the output tokens."),
    thinkingField: z
      .enum(["auto", "reasoning_content", "reasoning", "reasoning_text", "none"])
      .exactOptional()
      .describe(
        "Field in which a model's thinking goes back to it with its tool calls. `auto`: the field that it came in. `none`: it does not go back.",
      ),
    supportsCallState: z
      .boolean()
      .exactOptional()
      .describe(
        "`false` does not send back what the server attached to a tool call, such as `extra_content`.",
      ),
    supportsPromptCacheKey: z
      .boolean()
      .exactOptional()
      .describe("`false` omits `prompt_cache_key` and `prompt_cache_retention`."),
    supportsReferences: z
      .boolean()
      .exactOptional()
      .describe("`false` writes out `$ref` and `$defs` in the schemas of tools."),
    supportsCustomTools: z
      .boolean()
      .exactOptional()
      .describe(
        "For `openai-responses`: `true` sends tools of the type `custom` as such, with their grammar; `false` as functions with one text. Unset: `true` for OpenAI's own hosts.",
      ),
    requiresStreaming: z
      .boolean()
      .exactOptional()
      .describe(
        "`true` streams every call. Unset: a model whose server rejects a call because it is not streamed is asked again, and streams from then on.",
      ),
  })
  .describe(
    "Which parts of OpenAI's API the server supports, for `openai-completions` where a key says nothing else. Unset values are guessed from `baseUrl`.",
  );

const Api = z.enum([
  "openai-completions",
  "openai-responses",
  "anthropic-messages",
  "google-generative-ai",
  "llama",
]);

const price = (): z.ZodNumber => z.number().min(0).max(1_000_000);
const prices = {
  input: price().default(0).describe("Input tokens that no cache had."),
  output: price().default(0).describe("Output tokens."),
  cacheRead: price().default(0).describe("Input tokens that a cache had."),
  cacheWrite: price().default(0).describe("Input tokens that were written to a cache."),
} as const;

const BaseUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).max(2048);

const ProviderModel = z.strictObject({
  id: shortText().min(1).describe("Model id at the provider."),
  name: shortText().optional().describe("Display name."),
  contextWindow: tokens()
    .optional()
    .describe(
      "Context window in tokens. A summary replaces the oldest turns before a conversation exceeds it. For `llama` it also sets the memory of a conversation; default 8192.",
    ),
  contextTokens: tokens()
    .optional()
    .describe("Longest conversation that the model gets, if it is less than `contextWindow`."),
  input: listOf(z.enum(["text", "image", "audio", "video"]))
    .optional()
    .describe("What the model can read. Without `image` a request with images is rejected."),
  cost: z
    .strictObject({
      ...prices,
      tieredPricing: listOf(
        z.strictObject({
          ...prices,
          range: listOf(z.number().min(0)).describe("Tokens of the input: from, to."),
        }),
      )
        .optional()
        .describe("Prices by the length of the input."),
    })
    .optional()
    .describe("Prices in US dollars for a million tokens."),
  api: Api.optional().describe("API of this model, if it is not the provider's."),
  baseUrl: BaseUrl.optional().describe("Base URL of this model, if it is not the provider's."),
  compat: Compat.optional().describe("For this model, in addition to the provider's."),
  maxTokens: tokens()
    .optional()
    .describe(
      "Largest number of output tokens of the model: the limit of requests that set none, or a larger one. Clients of Anthropic's API ask for up to 128000.",
    ),
  path: filePath().optional().describe("For `llama`: the GGUF file. It is loaded by the first request."),
  gpu: z.boolean().optional().describe("For `llama`: whether to use a GPU. Default: use one if available."),
});

const Provider = z.strictObject({
  api: Api.default("openai-completions").describe(
    "API of the provider: OpenAI's chat completions (most servers), OpenAI's responses, Anthropic's or Google's. With `llama` there is no server: the gateway runs model files itself.",
  ),
  baseUrl: BaseUrl.optional().meta({
    description:
      "Base URL of the API, for instance `http://127.0.0.1:11434/v1`. A known provider has one; otherwise it is required for `openai-completions`, and the other APIs default to their vendor's.",
    examples: ["http://127.0.0.1:11434/v1"],
  }),
  apiKey: SecretText.optional().describe(
    "API key, sent in the header that the API defines, to this provider only.",
  ),
  authHeader: z
    .boolean()
    .default(false)
    .describe("`true` sends the key as `Authorization: Bearer`, whatever the API defines."),
  headers: z
    .record(shortText().regex(/^[\w!#$%&'*+.^`|~-]+$/, "must be a header name"), SecretText)
    .default({})
    .describe("Further headers of every request. Values are secrets."),
  models: listOf(ProviderModel).default([]).describe("Properties of the provider's models."),
  maxTokens: tokens().optional().describe("`maxTokens` of models that set none."),
  compat: Compat.prefault({}),
  timeouts: z
    .strictObject({
      firstByteMs: milliseconds()
        .default(300_000)
        .describe("Time limit for the first byte of a response, in milliseconds."),
      silenceMs: milliseconds()
        .default(60_000)
        .describe("Time limit between two bytes of a response, in milliseconds. SSE comments count."),
    })
    .prefault({})
    .describe("Time limits of a call."),
});

export const Models = z
  .strictObject({
    providers: z
      .record(shortText().regex(/^[^/\s]+$/, "must have no `/` and no spaces"), Provider)
      .default({})
      .describe("Providers by name, the part of `<provider>/<model>` before the slash."),
  })
  .prefault({})
  .describe("Model providers. `builtin` always exists.");
