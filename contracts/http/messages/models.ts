/** The agents in Anthropic's form for models. */
import { z } from "zod";
import { anyObject, limits, listOf, queryInteger, shortText } from "../../limits.ts";

export const anthropicVersion = shortText()
  .optional()
  .describe("Sent by clients of Anthropic's API. Any value gives replies and errors in Anthropic's form.");

const maxPage = 1_000;

/** The query of Anthropic's list. */
export const listQuery = {
  limit: queryInteger(z.int().min(1).max(maxPage))
    .optional()
    .describe(`With \`anthropic-version\`: entries of a page, 1–${maxPage}. Default: all.`),
  after_id: shortText().optional().describe("With `anthropic-version`: the entries after this one."),
  before_id: shortText().optional().describe("With `anthropic-version`: the entries before this one."),
  lifecycle: shortText().optional().describe("Accepted and ignored: every agent is active."),
} as const;

export const AnthropicModel = z
  .object({
    id: shortText().describe("The value for `model`."),
    type: z.literal("model").describe("Always `model`."),
    display_name: shortText().describe("The name of the agent, or its id."),
    created_at: shortText().describe("The time at which the gateway started, as in RFC 3339."),
    max_input_tokens: z
      .int()
      .min(1)
      .max(limits.count)
      .nullable()
      .describe("The context window of the agent's model, if it is known."),
    max_tokens: z
      .int()
      .min(1)
      .max(limits.count)
      .nullable()
      .describe("Always null: `max_tokens` of a request is lowered where it is too large."),
    capabilities: anyObject().nullable().describe("Always null."),
    lifecycle: z.literal("active").describe("Always `active`."),
    line: shortText().nullable().describe("Always null."),
    deprecated_at: shortText().nullable().describe("Always null."),
    retires_at: shortText().nullable().describe("Always null."),
  })
  .meta({ id: "AnthropicModel", description: "An agent as a model of Anthropic's API." });
export type AnthropicModel = z.infer<typeof AnthropicModel>;

export const AnthropicModelList = z
  .object({
    data: listOf(AnthropicModel).describe(
      "The default agent first, then every agent that the credential may use.",
    ),
    has_more: z.boolean().describe("Whether another page follows in the direction of the request."),
    first_id: shortText().nullable().describe("Id of the first entry, for `before_id`."),
    last_id: shortText().nullable().describe("Id of the last entry, for `after_id`."),
  })
  .meta({ id: "AnthropicModelList", description: "Agents as a page of Anthropic's API." });
