/** The frames of the WebSocket on /v1/responses: what a client sends, and the error frame. */
import { z } from "zod";
import { errorCodes, type OwnErrorCode } from "../../errors.ts";
import { ResponseRequest } from "./request.ts";

export const ResponseCreate = ResponseRequest.omit({ stream: true, stream_options: true })
  .extend({
    type: z.literal("response.create").describe("Always `response.create`."),
    background: z
      .boolean()
      .refine((value) => !value, "cannot be true over a WebSocket; send it with POST /v1/responses")
      .nullish()
      .describe("Only over HTTP. True is 400 here."),
    generate: z
      .boolean()
      .refine((value) => value, "false is not supported: leave it out")
      .nullish()
      .describe("OpenAI's option to send input without generating a response. Only true is accepted."),
  })
  .meta({
    id: "ResponseCreate",
    description:
      "Requests a response, with the fields of the body of POST /v1/responses besides `type`. The events are the same as over HTTP, one in each frame; `stream` and `stream_options` are ignored.",
  });

export const ResponseSocketError = z
  .object({
    type: z.literal("error").describe("Always `error`."),
    status: z.int().describe("The status of the same failure over HTTP."),
    error: z.object({
      type: z.string().describe("OpenAI's error class."),
      code: z.enum(errorCodes).describe("What went wrong, for programs."),
      message: z.string().describe("What went wrong, for people."),
      param: z.string().nullable().describe("The field at fault."),
    }),
  })
  .meta({
    id: "ResponseSocketError",
    description:
      "A request that failed before its response started. The connection stays open, except after `websocket_connection_limit_reached` and `invalid_api_key`. A later failure is sent as the events `error`, with `status`, and `response.failed`.",
  });

/** The error codes besides those of POST /v1/responses. */
export const responseSocketErrors = [
  "websocket_connection_limit_reached",
] as const satisfies readonly OwnErrorCode[];
