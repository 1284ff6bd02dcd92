/** POST /v1/embeddings: vectors of texts. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { shortText } from "../limits.ts";
import { AgentChoiceHeaders } from "./agent-headers.ts";
import { providerErrors } from "../run-errors.ts";

/** A batch, as OpenAI has it. */
const maxTexts = 2_048;
/** Characters of one text: more than any model reads. */
const maxCharacters = 100_000;
const maxDimensions = 65_536;

const text = (): z.ZodString => z.string().min(1).max(maxCharacters);
const tokens = z.array(z.int()).max(maxCharacters);

const Request = z
  .object({
    model: shortText().describe(
      "The agent, as for chat completions; its configuration says which embedding model it uses. The reply echoes it.",
    ),
    input: z
      .union([text(), z.array(text()).min(1).max(maxTexts), tokens, z.array(tokens).max(maxTexts)])
      .describe(
        "A text, or 1–2048 of them, none of them empty, each of at most 100 000 characters. Lists of token numbers are refused with 400 `unsupported_value`.",
      ),
    dimensions: z
      .int()
      .min(1)
      .max(maxDimensions)
      .nullish()
      .describe(
        "Numbers of a vector, where the model leaves the choice; otherwise 400. Default: the model's.",
      ),
    encoding_format: z
      .enum(["float", "base64"])
      .nullish()
      .describe("`base64`: the numbers as 32-bit floats, little-endian. Default: `float`."),
    user: shortText().nullish().describe("Your id for the person. Accepted and ignored."),
  })
  .meta({
    id: "EmbeddingRequest",
    description: "OpenAI's request for embeddings. Fields that this list lacks are accepted and ignored.",
  });

const Reply = z
  .object({
    object: z.literal("list").describe("Always `list`."),
    data: z
      .array(
        z.object({
          object: z.literal("embedding").describe("Always `embedding`."),
          index: z.int().min(0).describe("Which text it is of."),
          embedding: z
            .union([z.array(z.number()).max(maxDimensions), z.string().max(maxDimensions * 6)])
            .describe("The numbers, or all of them in base64."),
        }),
      )
      .max(maxTexts)
      .describe("A vector for each text, in their order."),
    model: shortText().describe("`model` of the request."),
    usage: z
      .object({
        prompt_tokens: z.int().min(0).describe("Tokens that the model read."),
        total_tokens: z.int().min(0).describe("The same."),
      })
      .describe("As the provider counts; 0 when it does not."),
  })
  .meta({ id: "EmbeddingList", description: "The vectors." });

export const createEmbedding = endpoint({
  id: "createEmbedding",
  method: "post",
  path: "/v1/embeddings",
  tag: "Embeddings",
  summary: "Make vectors of texts",
  description:
    "Asks the embedding model of an agent. Of `builtin/embedding`, which is there without any provider, related texts share words rather than meaning.",
  auth: "run",
  enabledBy: ["gateway.http.endpoints.embeddings.enabled"],
  headers: AgentChoiceHeaders,
  body: Request,
  bodyLimit: "gateway.http.endpoints.embeddings.maxBodyBytes",
  reply: Reply,
  replyHeaders: z.object({
    "x-openclaw-agent-id": shortText().optional().describe("Id of the agent whose model answered."),
  }),
  errors: [
    "unsupported_value",
    "context_length_exceeded",
    "model_not_found",
    "run_aborted",
    ...providerErrors,
  ],
});
