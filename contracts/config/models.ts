/** `models`: the providers that agents' models come from, besides the embedded `builtin`. */
import { z } from "zod";
import { listOf, shortText } from "../limits.ts";
import { filePath, milliseconds, tokens } from "./fields.ts";
import { SecretText } from "./secret.ts";

const Compat = z
  .strictObject({
    supportsDeveloperRole: z
      .boolean()
      .exactOptional()
      .describe("Off: developer messages are sent as system."),
    supportsUsageInStreaming: z.boolean().exactOptional().describe("Off: `stream_options` is not sent."),
    supportsReasoningEffort: z.boolean().exactOptional().describe("Off: `reasoning_effort` is not sent."),
    supportsStrictMode: z.boolean().exactOptional().describe("Off: `strict` is left out of tools."),
    supportsParallelToolCalls: z
      .boolean()
      .exactOptional()
      .describe("Off: `parallel_tool_calls` is not sent."),
    supportsResponseFormat: z
      .boolean()
      .exactOptional()
      .describe("Off: a request for a JSON format is 400 `unsupported_value`."),
    maxTokensField: z
      .enum(["max_tokens", "max_completion_tokens"])
      .exactOptional()
      .describe("Name of the field that limits the answer's tokens."),
  })
  .prefault({})
  .describe(
    "Of `openai-completions`: what the server lacks of OpenAI's API; what is unset is guessed from `baseUrl`.",
  );

const Api = z.enum([
  "openai-completions",
  "openai-responses",
  "anthropic-messages",
  "google-generative-ai",
  "llama",
]);

const ProviderModel = z.strictObject({
  id: shortText().min(1).describe("The provider's name for the model."),
  name: shortText().optional().describe("Name for people."),
  contextWindow: tokens()
    .optional()
    .describe(
      "Tokens that fit into one conversation: before it grows larger, its oldest turns are replaced by a summary. Of `llama` also how much memory the conversation may take; 8192 by default.",
    ),
  api: Api.optional().describe("The provider's own, if it is said at all."),
  maxTokens: tokens().optional().describe("Tokens of one answer, where a request sets no limit."),
  path: filePath().optional().describe("Of `llama`: the GGUF file. It is loaded when first asked."),
  gpu: z
    .boolean()
    .optional()
    .describe("Of `llama`: on takes a GPU, off takes none; by default one is taken where it is found."),
});

const Provider = z.strictObject({
  api: Api.default("openai-completions").describe(
    "What the provider speaks: OpenAI's chat completions, which most servers do, OpenAI's responses, Anthropic's or Google's API. `llama` is no server: models are files, run by the gateway itself.",
  ),
  baseUrl: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .max(2048)
    .optional()
    .describe(
      "Where the API is, for instance `http://127.0.0.1:11434/v1`. Required for `openai-completions`; by default the maker's own for the others.",
    ),
  apiKey: SecretText.optional().describe("Sent in the API's own header, to this provider only."),
  headers: z
    .record(shortText().regex(/^[\w!#$%&'*+.^`|~-]+$/, "must be a header name"), SecretText)
    .default({})
    .describe("Further headers of every request; their values are treated as secrets."),
  models: listOf(ProviderModel).default([]).describe("What is known about the provider's models."),
  compat: Compat,
  timeouts: z
    .strictObject({
      firstByteMs: milliseconds()
        .default(300_000)
        .describe("Longest wait for the first byte of an answer, in milliseconds."),
      silenceMs: milliseconds()
        .default(60_000)
        .describe("Longest silence within an answer, in milliseconds; comments count as life."),
    })
    .prefault({}),
});

export const Models = z
  .strictObject({
    providers: z
      .record(shortText().regex(/^[^/\s]+$/, "must have no `/` and no spaces"), Provider)
      .default({})
      .describe("Providers by name: the part of `<provider>/<model>` before the slash."),
  })
  .prefault({})
  .describe("Model providers; `builtin` is always there.");
