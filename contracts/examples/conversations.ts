/** Examples of conversations. Each but the first starts with the request that created the conversation. */
import { examplesFor, type EarlierRequest } from "../endpoint.ts";
import {
  createConversation,
  deleteConversation,
  retrieveConversation,
  updateConversation,
  type Conversation,
} from "../http/conversations/conversation.ts";
import {
  createConversationItems,
  deleteConversationItem,
  listConversationItems,
  retrieveConversationItem,
} from "../http/conversations/items.ts";
import type { ListedItem } from "../http/responses/items.ts";
import { ends, says } from "./script.ts";

/** 2026-01-01T00:00:00Z. */
const at = 1767225600;

const conversation = (metadata: Conversation["metadata"]): Conversation => ({
  id: "conv_1",
  object: "conversation",
  created_at: at,
  metadata,
});

const topic = { topic: "demo" };
const creation: EarlierRequest = { method: "post", path: "/v1/conversations", body: { metadata: topic } };
const params = { conversation_id: "conv_1" };
const unknown = {
  title: "A conversation that does not exist",
  request: { params: { conversation_id: "conv_none" } },
  error: {
    code: "conversation_not_found",
    message: 'There is no conversation "conv_none".',
    param: "conversation",
  },
} as const;

export const conversationCreation = examplesFor(createConversation, [
  { title: "Create", request: { body: { metadata: topic } }, reply: conversation(topic) },
  {
    title: "An item that the model cannot read",
    request: {
      body: {
        items: [{ role: "user", content: [{ type: "input_video", video_url: "https://example.com" }] }],
      },
    },
    error: {
      code: "unsupported_value",
      message: "items[0].content[0]: input_video: this is not understood; send text, images or files",
      param: "items[0].content[0]",
    },
  },
]);

export const oneConversation = examplesFor(retrieveConversation, [
  { title: "Retrieve", before: [creation], request: { params }, reply: conversation(topic) },
  unknown,
]);

export const conversationUpdate = examplesFor(updateConversation, [
  {
    title: "Replace the metadata",
    before: [creation],
    request: { params, body: { metadata: { topic: "weather" } } },
    reply: conversation({ topic: "weather" }),
  },
  { ...unknown, request: { ...unknown.request, body: { metadata: null } } },
]);

export const conversationDeletion = examplesFor(deleteConversation, [
  {
    title: "Delete",
    before: [creation],
    request: { params },
    reply: { id: "conv_1", object: "conversation.deleted", deleted: true },
  },
  unknown,
]);

const question: EarlierRequest = {
  method: "post",
  path: "/v1/responses",
  body: { model: "openclaw", input: "Say hello.", conversation: "conv_1" },
};
const setup = {
  before: [creation, question],
  model: [says("Hello"), says(" there."), ends({ input: 12, output: 4 })],
} as const;

const input: ListedItem = {
  type: "message",
  id: "msg_1_in0",
  status: "completed",
  role: "user",
  content: [{ type: "input_text", text: "Say hello." }],
};
const answer: ListedItem = {
  type: "message",
  id: "msg_1_0",
  status: "completed",
  role: "assistant",
  content: [{ type: "output_text", text: "Hello there.", annotations: [], logprobs: [] }],
  phase: "final_answer",
};
const list = (first_id: string, last_id: string, ...data: ListedItem[]) =>
  ({ object: "list", data, first_id, last_id, has_more: false }) as const;

export const conversationItemCreation = examplesFor(createConversationItems, [
  {
    title: "Add a message",
    before: [creation],
    request: { params, body: { items: [{ role: "user", content: "My name is Ada." }] } },
    reply: list("msg_conv_1_1_in0", "msg_conv_1_1_in0", {
      type: "message",
      id: "msg_conv_1_1_in0",
      status: "completed",
      role: "user",
      content: [{ type: "input_text", text: "My name is Ada." }],
    }),
  },
  {
    ...unknown,
    request: { ...unknown.request, body: { items: [{ role: "user", content: "My name is Ada." }] } },
  },
  {
    title: "An item that the model cannot read",
    before: [creation],
    request: {
      params,
      body: {
        items: [{ role: "user", content: [{ type: "input_video", video_url: "https://example.com" }] }],
      },
    },
    error: {
      code: "unsupported_value",
      message: "items[0].content[0]: input_video: this is not understood; send text, images or files",
      param: "items[0].content[0]",
    },
  },
]);

export const conversationItems = examplesFor(listConversationItems, [
  {
    title: "The newest first",
    ...setup,
    request: { params },
    reply: list("msg_1_0", "msg_1_in0", answer, input),
  },
  unknown,
]);

const unknownItem = {
  title: "An item that is not in the conversation",
  before: [creation],
  request: { params: { ...params, item_id: "msg_none" } },
  error: {
    code: "item_not_found",
    message: 'The conversation has no item "msg_none".',
    param: "item_id",
  },
} as const;
const unknownParent = {
  ...unknown,
  request: { params: { conversation_id: "conv_none", item_id: "msg_none" } },
} as const;

export const oneConversationItem = examplesFor(retrieveConversationItem, [
  { title: "Retrieve", ...setup, request: { params: { ...params, item_id: "msg_1_0" } }, reply: answer },
  unknownItem,
  unknownParent,
]);

export const conversationItemDeletion = examplesFor(deleteConversationItem, [
  {
    title: "Delete",
    ...setup,
    request: { params: { ...params, item_id: "msg_1_0" } },
    reply: conversation(topic),
  },
  unknownItem,
  unknownParent,
]);
