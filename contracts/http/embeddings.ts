/** POST /v1/embeddings: creates embedding vectors of texts. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { limits, shortText } from "../limits.ts";
import { AgentChoiceHeaders } from "./agent-headers.ts";
import { providerErrors } from "../run-errors.ts";
import { RateLimitHeaders } from "./rate-limits.ts";

/** Texts of one request. OpenAI has the same limit. */
const maxTexts = 2_048;
/** Characters of one text. No model reads more. */
const maxCharacters = 100_000;
const maxDimensions = 65_536;

const text = (): z.ZodString => z.string().min(1).max(maxCharacters);
const tokens = z.array(z.int().min(0).max(limits.count)).min(1).max(maxCharacters);

const EncodingFormat = z
  .enum(["float", "base64"])
  .meta({ id: "EmbeddingEncodingFormat", description: "How a vector is written." });

const Request = z
  .object({
    model: shortText().describe(
      "The agent, as for chat completions. Its configuration selects the embedding model. The reply repeats this value.",
    ),
    input: z
      .union([text(), z.array(text()).min(1).max(maxTexts), tokens, z.array(tokens).min(1).max(maxTexts)])
      .meta({
        id: "EmbeddingInput",
        description: `A text, or a list of 1–${maxTexts} texts. Each has 1–${maxCharacters} characters. Token arrays are 400 \`unsupported_value\`.`,
      }),
    dimensions: z
      .int()
      .min(1)
      .max(maxDimensions)
      .nullish()
      .describe(
        "Number of dimensions of a vector, if the model supports a choice; otherwise 400. Default: the model's.",
      ),
    encoding_format: EncodingFormat.nullish().describe(
      "`base64`: the numbers as 32-bit floats, little-endian. Default: `float`.",
    ),
    user: shortText().nullish().describe("Your id of the end user. Accepted and ignored."),
  })
  .meta({
    id: "EmbeddingRequest",
    description: "OpenAI's request for embeddings. Unknown fields are accepted and ignored.",
  });

const Reply = z
  .object({
    object: z.literal("list").describe("Always `list`."),
    data: z
      .array(
        z
          .object({
            object: z.literal("embedding").describe("Always `embedding`."),
            index: z.int().min(0).describe("Index of the text in `input`."),
            embedding: z
              .union([z.array(z.number()).max(maxDimensions), z.string().max(maxDimensions * 6)])
              .meta({ id: "EmbeddingVector", description: "The vector, as numbers or as base64." }),
          })
          .meta({ id: "Embedding", description: "The vector of one text." }),
      )
      .max(maxTexts)
      .describe("One vector for each text, in the order of `input`."),
    model: shortText().describe("`model` of the request."),
    usage: z
      .object({
        prompt_tokens: z.int().min(0).describe("Tokens that the model read."),
        total_tokens: z.int().min(0).describe("The same."),
      })
      .meta({ id: "EmbeddingUsage", description: "As counted by the provider; 0 when it does not count." }),
  })
  .meta({ id: "EmbeddingList", description: "The vectors." });

export const createEmbedding = endpoint({
  id: "createEmbedding",
  method: "post",
  path: "/v1/embeddings",
  tag: "Embeddings",
  summary: "Create embeddings",
  description:
    "Creates embedding vectors with the embedding model of an agent. `builtin/embedding` needs no provider; it compares words rather than meaning.",
  auth: "run",
  enabledBy: ["gateway.http.endpoints.embeddings.enabled"],
  headers: AgentChoiceHeaders,
  body: Request,
  bodyLimit: "gateway.http.endpoints.embeddings.maxBodyBytes",
  responses: { 200: Reply },
  replyHeaders: z
    .object({
      "x-openclaw-agent-id": shortText().optional().describe("Id of the agent whose model answered."),
    })
    .extend(RateLimitHeaders.shape),
  errors: [
    "unsupported_value",
    "context_length_exceeded",
    "model_not_found",
    "run_aborted",
    "budget_exceeded",
    "storage_unavailable",
    ...providerErrors,
  ],
});
