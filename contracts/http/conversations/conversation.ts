/** /v1/conversations: creates, retrieves, updates and deletes conversations. */
import { z } from "zod";
import { endpoint } from "../../endpoint.ts";
import { limits, metadata, shortText } from "../../limits.ts";
import { conversationLinks } from "../links.ts";
import { InputItem } from "../responses/items.ts";

const enabledBy = ["gateway.http.endpoints.responses.enabled"] as const;
const bodyLimit = "gateway.http.endpoints.responses.maxBodyBytes";

/** Items that one request may add. OpenAI has the same limit. */
export const maxNewItems = 20;

export const conversationParams = z.object({
  conversation_id: shortText().describe(
    "Id of the conversation. One that does not exist, has expired, was deleted or belongs to another credential is 404 `conversation_not_found`.",
  ),
});

export const Conversation = z
  .object({
    id: shortText().describe("Its id, `conv_…`, for `conversation` of a response."),
    object: z.literal("conversation").describe("Always `conversation`."),
    created_at: z.int().describe("Unix time in seconds of its creation."),
    metadata: z
      .record(z.string().max(limits.metadata.key), z.string().max(limits.metadata.value))
      .describe("The pairs of its creation or its last update; empty without any."),
  })
  .meta({ id: "Conversation", description: "A conversation." });
export type Conversation = z.infer<typeof Conversation>;

const pairs = `Up to ${limits.metadata.pairs} pairs of your own, keys to ${limits.metadata.key} and values to ${limits.metadata.value} characters.`;

export const createConversation = endpoint({
  id: "createConversation",
  method: "post",
  path: "/v1/conversations",
  tag: "Conversations",
  summary: "Create a conversation",
  description:
    "Creates a conversation of the credential. It has no agent until its first response, whose agent keeps it: then it is the session `agent:<id>:conv:<conversation id>`, which chat completions and the socket continue too. It is deleted when it has not been used for as long as sessions are kept, `session.maintenance.pruneAfter`.",
  auth: "run",
  enabledBy,
  body: z
    .object({
      items: z
        .array(InputItem)
        .max(maxNewItems)
        .nullish()
        .describe(`Its first items, up to ${maxNewItems}. Default: none.`),
      metadata: metadata().nullish().describe(pairs),
    })
    .meta({ id: "ConversationCreateRequest", description: "A new conversation. The body may be left out." }),
  isBodyOptional: true,
  bodyLimit,
  responses: { 200: Conversation },
  links: conversationLinks,
  errors: ["unsupported_value", "file_not_found", "run_aborted", "storage_unavailable"],
});

export const retrieveConversation = endpoint({
  id: "retrieveConversation",
  method: "get",
  path: "/v1/conversations/{conversation_id}",
  tag: "Conversations",
  summary: "Retrieve a conversation",
  description: "Returns a conversation without its items.",
  auth: "follow",
  enabledBy,
  params: conversationParams,
  responses: { 200: Conversation },
  links: conversationLinks,
  errors: ["conversation_not_found", "storage_unavailable"],
});

export const updateConversation = endpoint({
  id: "updateConversation",
  method: "post",
  path: "/v1/conversations/{conversation_id}",
  tag: "Conversations",
  summary: "Update a conversation",
  description: "Replaces the metadata of a conversation.",
  auth: "run",
  enabledBy,
  params: conversationParams,
  body: z
    .object({ metadata: metadata().nullable().describe(`${pairs} Null removes all pairs.`) })
    .meta({ id: "ConversationUpdateRequest", description: "What is replaced." }),
  bodyLimit,
  responses: { 200: Conversation },
  errors: ["conversation_not_found", "storage_unavailable"],
});

export const deleteConversation = endpoint({
  id: "deleteConversation",
  method: "delete",
  path: "/v1/conversations/{conversation_id}",
  tag: "Conversations",
  summary: "Delete a conversation",
  description:
    "Deletes a conversation with its items, which is its session too. A run in progress is aborted. Responses of the conversation stay.",
  auth: "run",
  enabledBy,
  params: conversationParams,
  responses: {
    200: z
      .object({
        id: shortText().describe("Id of the conversation."),
        object: z.literal("conversation.deleted").describe("Always `conversation.deleted`."),
        deleted: z.literal(true).describe("Always true."),
      })
      .meta({ id: "ConversationDeleted", description: "The conversation is deleted." }),
  },
  errors: ["conversation_not_found", "storage_unavailable"],
});
