/** GET /v1/responses/{response_id}/input_items: lists the input of a stored response in pages. */
import { z } from "zod";
import { endpoint } from "../../endpoint.ts";
import { queryInteger, shortText } from "../../limits.ts";
import { ListedItem } from "./items.ts";
import { responseParams } from "./stored.ts";

/** Items in a page. */
export const itemPage = { max: 100, default: 20 } as const;

/** The query of a list of items. */
export const pageQuery = z.object({
  limit: queryInteger(z.int().min(1).max(itemPage.max))
    .optional()
    .describe(`Items in a page, 1–${itemPage.max}. Default: ${itemPage.default}.`),
  order: z.enum(["asc", "desc"]).optional().describe("Oldest or newest first. Default: `desc`."),
  after: shortText()
    .optional()
    .describe("Id of the item before the page. An id that is not in the list is 400."),
});

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
  query: pageQuery,
  responses: {
    200: z
      .object({
        object: z.literal("list").describe("Always `list`."),
        data: z.array(ListedItem).max(itemPage.max).describe("The items."),
        first_id: shortText().nullable().describe("Id of the first one; null when there is none."),
        last_id: shortText().nullable().describe("Id of the last one; null when there is none."),
        has_more: z.boolean().describe("Whether there is another page."),
      })
      .meta({ id: "ResponseInputItems", description: "A page of a response's input." }),
  },
  errors: ["response_not_found", "storage_unavailable"],
});
