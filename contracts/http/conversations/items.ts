/** /v1/conversations/{conversation_id}/items: adds, lists, retrieves and deletes the items of a conversation. */
import { z } from "zod";
import { endpoint } from "../../endpoint.ts";
import { shortText } from "../../limits.ts";
import { itemPage, pageQuery } from "../responses/input-items.ts";
import { InputItem, ListedItem } from "../responses/items.ts";
import { Conversation, conversationParams, maxNewItems } from "./conversation.ts";

const enabledBy = ["gateway.http.endpoints.responses.enabled"] as const;

const itemParams = conversationParams.extend({
  item_id: shortText().describe(
    "Id of the item. One that is not in the conversation is 404 `item_not_found`.",
  ),
});

const ItemList = z
  .object({
    object: z.literal("list").describe("Always `list`."),
    data: z.array(ListedItem).max(itemPage.max).describe("The items."),
    first_id: shortText().describe("Id of the first one; empty when there is none."),
    last_id: shortText().describe("Id of the last one; empty when there is none."),
    has_more: z.boolean().describe("Whether there is another page."),
  })
  .meta({ id: "ConversationItems", description: "Items of a conversation." });

export const createConversationItems = endpoint({
  id: "createConversationItems",
  method: "post",
  path: "/v1/conversations/{conversation_id}/items",
  tag: "Conversations",
  summary: "Add items to a conversation",
  description:
    "Adds items at the end of a conversation, after the runs that are in progress or wait in it. The gateway gives each item an id. Messages of `system` and `developer` are instructions from there on. Returns the items that were added.",
  auth: "run",
  enabledBy,
  params: conversationParams,
  body: z
    .object({
      items: z.array(InputItem).min(1).max(maxNewItems).describe(`1–${maxNewItems} items.`),
    })
    .meta({ id: "ConversationItemsRequest", description: "Items to add." }),
  bodyLimit: "gateway.http.endpoints.responses.maxBodyBytes",
  responses: { 200: ItemList },
  errors: [
    "unsupported_value",
    "file_not_found",
    "conversation_not_found",
    "session_busy",
    "run_aborted",
    "storage_unavailable",
  ],
});

export const listConversationItems = endpoint({
  id: "listConversationItems",
  method: "get",
  path: "/v1/conversations/{conversation_id}/items",
  tag: "Conversations",
  summary: "List the items of a conversation",
  description:
    "Lists the items of a conversation in pages, with those that a summary has replaced for the model. The next page starts `after` the `last_id` of this one. Turns that came by another API have items too. The calls of the agent's own tools are not listed. Other query parameters are accepted and ignored.",
  auth: "follow",
  enabledBy,
  params: conversationParams,
  query: pageQuery,
  responses: { 200: ItemList },
  errors: ["conversation_not_found", "storage_unavailable"],
});

export const retrieveConversationItem = endpoint({
  id: "retrieveConversationItem",
  method: "get",
  path: "/v1/conversations/{conversation_id}/items/{item_id}",
  tag: "Conversations",
  summary: "Retrieve an item of a conversation",
  description: "Returns one item. Query parameters are accepted and ignored.",
  auth: "follow",
  enabledBy,
  params: itemParams,
  responses: { 200: ListedItem },
  errors: ["conversation_not_found", "item_not_found", "storage_unavailable"],
});

export const deleteConversationItem = endpoint({
  id: "deleteConversationItem",
  method: "delete",
  path: "/v1/conversations/{conversation_id}/items/{item_id}",
  tag: "Conversations",
  summary: "Delete an item of a conversation",
  description:
    "Deletes one item, after the runs that are in progress or wait in the conversation. The model no longer sees it, unless a summary has replaced it. A call that loses its output gets one that says so. Returns the conversation.",
  auth: "run",
  enabledBy,
  params: itemParams,
  responses: { 200: Conversation },
  errors: ["conversation_not_found", "item_not_found", "session_busy", "run_aborted", "storage_unavailable"],
});
