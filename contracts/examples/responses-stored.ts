/** Examples of what becomes of a stored response. Each begins with the request that it answers. */
import { examplesFor, type EarlierRequest } from "../endpoint.ts";
import { listInputItems } from "../http/responses/input-items.ts";
import { cancelResponse, deleteResponse, retrieveResponse } from "../http/responses/stored.ts";
import { message, response, stream, told } from "./responses-shapes.ts";
import { ends, says } from "./script.ts";

const spent = { input: 12, output: 4 } as const;
const greeting = message(0, "Hello there.");

const asked: EarlierRequest = {
  method: "post",
  path: "/v1/responses",
  body: { model: "openclaw", input: "Say hello." },
};
const before = { before: [asked], model: [says("Hello"), says(" there."), ends(spent)] } as const;

const params = { response_id: "resp_1" } as const;
const unknown = {
  title: "A response that does not exist",
  request: { params: { response_id: "resp_none" } },
  error: {
    code: "response_not_found",
    message: 'There is no stored response "resp_none".',
    param: "response_id",
  },
} as const;

export const storedResponse = examplesFor(retrieveResponse, [
  { title: "As it was answered", ...before, request: { params }, reply: response(spent, [greeting]) },
  {
    title: "Its events once more",
    ...before,
    request: { params, query: { stream: "true" } },
    events: stream(response(spent, [greeting]), ...told(greeting, "Hello", " there.")),
  },
  unknown,
]);

export const responseDeletion = examplesFor(deleteResponse, [
  {
    title: "Delete",
    ...before,
    request: { params },
    reply: { id: "resp_1", object: "response", deleted: true },
  },
  unknown,
]);

export const responseCancellation = examplesFor(cancelResponse, [
  {
    title: "A response that has ended already",
    ...before,
    request: { params },
    reply: response(spent, [greeting]),
  },
  unknown,
]);

export const inputItems = examplesFor(listInputItems, [
  {
    title: "What was asked",
    ...before,
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
  unknown,
]);
