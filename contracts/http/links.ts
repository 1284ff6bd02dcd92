/** What a client can do next with a reply, as OpenAPI links: each names an endpoint and where its parameters stand in the reply. */
import type { Links } from "../endpoint.ts";

const responseId = { response_id: "$response.body#/id" };

/** Of a stored response that was retrieved. */
export const storedResponseLinks = {
  listInput: { to: "listInputItems", description: "List the input of the response.", parameters: responseId },
  cancel: {
    to: "cancelResponse",
    description: "Cancel the response, when it was created with `background: true`.",
    parameters: responseId,
  },
  delete: { to: "deleteResponse", description: "Delete the response.", parameters: responseId },
  continue: {
    to: "createResponse",
    description: "Continue the conversation.",
    body: { model: "openclaw", input: "Go on.", previous_response_id: "$response.body#/id" },
  },
} satisfies Links;

/** Of a response that was created. They work unless it was created with `store: false`. */
export const createdResponseLinks = {
  retrieve: { to: "retrieveResponse", description: "Retrieve the response.", parameters: responseId },
  ...storedResponseLinks,
} satisfies Links;

const conversationId = { conversation_id: "$response.body#/id" };

/** Of a conversation. */
export const conversationLinks = {
  continue: {
    to: "createResponse",
    description: "Ask an agent for a response in the conversation.",
    body: { model: "openclaw", input: "Go on.", conversation: "$response.body#/id" },
  },
  listItems: {
    to: "listConversationItems",
    description: "List the items of the conversation.",
    parameters: conversationId,
  },
  delete: {
    to: "deleteConversation",
    description: "Delete the conversation.",
    parameters: conversationId,
  },
} satisfies Links;

const fileId = { file_id: "$response.body#/id" };

/** Of a file. */
export const fileLinks = {
  content: { to: "retrieveFileContent", description: "Retrieve its content.", parameters: fileId },
  delete: { to: "deleteFile", description: "Delete the file.", parameters: fileId },
} satisfies Links;

const linkSession = (key: string): Links => ({
  readSession: {
    to: "getSessionHistory",
    description: "Read the messages of the session.",
    parameters: { key },
  },
  resetSession: {
    to: "resetSession",
    description: "Start a new conversation in the session.",
    parameters: { key },
  },
  abortSession: {
    to: "abortSession",
    description: "Abort the run in progress in the session.",
    parameters: { key },
  },
  deleteSession: { to: "deleteSession", description: "Delete the session.", parameters: { key } },
});

/** Of a list of sessions: its first one. */
export const firstSessionLinks = linkSession("$response.body#/sessions/0/sessionKey");

/** Of a reply whose session is in a response header. */
export const runSessionLinks = linkSession("$response.header.x-openclaw-session-key");
