/** GET /v1/responses/{response_id}/input_items: lists the input of a stored response in pages. */
import { z } from "zod";
import { endpoint } from "../../endpoint.ts";
import { shortText } from "../../limits.ts";
import { ListedItem } from "./items.ts";
import { responseParams } from "./stored.ts";

export const listInputItems = endpoint({
  id: "listInputItems",
  method: "get",
  path: "/v1/responses/{response_id}/input_items",
  tag: "Responses",
  summary: "List the input of a response",
  description:
    "Lists the input of a stored response, without the input of the responses before it. The next page starts `after` the `last_id` of this one. Other query parameters are accepted and ignored.",
  auth: "follow",
  enabledBy: ["gateway.http.endpoints.responses.enabled"],
  params: responseParams,
  query: z.object({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe("Items in a page, 1–100. Default: 20."),
    order: z.enum(["asc", "desc"]).optional().describe("Oldest or newest first. Default: `desc`."),
    after: shortText()
      .optional()
      .describe("Id of the item before the page. An id that is not in the list is 400."),
  }),
  reply: z
    .object({
      object: z.literal("list").describe("Always `list`."),
      data: z.array(ListedItem).max(100).describe("The items."),
      first_id: shortText().nullable().describe("Id of the first one; null when there is none."),
      last_id: shortText().nullable().describe("Id of the last one; null when there is none."),
      has_more: z.boolean().describe("Whether there is another page."),
    })
    .meta({ id: "ResponseInputItems", description: "A page of a response's input." }),
  errors: ["response_not_found", "storage_unavailable"],
});
