/** Examples of stored responses. Each starts with the request that created the response. */
import { examplesFor, type EarlierRequest } from "../endpoint.ts";
import { listInputItems } from "../http/responses/input-items.ts";
import { cancelResponse, deleteResponse, retrieveResponse } from "../http/responses/stored.ts";
import { message, response, stream, messageEvents } from "./responses-shapes.ts";
import { ends, says } from "./script.ts";

const spent = { input: 12, output: 4 } as const;
const greeting = message(0, "Hello there.");

const previousRequest: EarlierRequest = {
  method: "post",
  path: "/v1/responses",
  body: { model: "openclaw", input: "Say hello." },
};
const setup = { before: [previousRequest], model: [says("Hello"), says(" there."), ends(spent)] } as const;

const params = { response_id: "resp_1" } as const;
const unknownResponse = {
  title: "A response that does not exist",
  request: { params: { response_id: "resp_none" } },
  error: {
    code: "response_not_found",
    message: 'There is no stored response "resp_none".',
    param: "response_id",
  },
} as const;

export const storedResponse = examplesFor(retrieveResponse, [
  { title: "As it was answered", ...setup, request: { params }, reply: response(spent, [greeting]) },
  {
    title: "Its events once more",
    ...setup,
    request: { params, query: { stream: "true" } },
    events: stream(response(spent, [greeting]), ...messageEvents(greeting, "Hello there.")),
  },
  unknownResponse,
]);

export const responseDeletion = examplesFor(deleteResponse, [
  {
    title: "Delete",
    ...setup,
    request: { params },
    reply: { id: "resp_1", object: "response", deleted: true },
  },
  unknownResponse,
]);

export const responseCancellation = examplesFor(cancelResponse, [
  {
    title: "A response that has ended already",
    ...setup,
    request: { params },
    reply: response(spent, [greeting]),
  },
  unknownResponse,
]);

export const inputItems = examplesFor(listInputItems, [
  {
    title: "What was asked",
    ...setup,
    request: { params },
    reply: {
      object: "list",
      data: [
        {
          type: "message",
          id: "msg_1_in0",
          status: "completed",
          role: "user",
          content: [{ type: "input_text", text: "Say hello." }],
        },
      ],
      first_id: "msg_1_in0",
      last_id: "msg_1_in0",
      has_more: false,
    },
  },
  unknownResponse,
]);
