/** The frames of the WebSocket on /v1/responses: what a client sends, and what says that it cannot be answered. */
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
      .describe("A response in the background is asked for with POST; true is 400 here."),
    generate: z
      .boolean()
      .refine((value) => value, "false is not supported: a response is always made; leave it out")
      .nullish()
      .describe("OpenAI's way to send input ahead of time. Only true is accepted."),
  })
  .meta({
    id: "ResponseCreate",
    description:
      "Asks for a response: the fields of the body of POST /v1/responses beside `type`. Its events follow as they would over HTTP, one a frame; `stream` and `stream_options` are ignored.",
  });

export const ResponseSocketError = z
  .object({
    type: z.literal("error").describe("Always `error`."),
    status: z.int().describe("The HTTP status that the same failure has over HTTP."),
    error: z.object({
      type: z.string().describe("OpenAI's kind of error."),
      code: z.enum(errorCodes).describe("What went wrong, for programs."),
      message: z.string().describe("What went wrong, for people."),
      param: z.string().nullable().describe("The field at fault."),
    }),
  })
  .meta({
    id: "ResponseSocketError",
    description:
      "A request that came to nothing. The connection stays open, but for `websocket_connection_limit_reached` and `invalid_api_key`, after which it is closed. Once a response has begun, its failure comes as the events `error`, with `status`, and `response.failed`.",
  });

/** Besides those of POST /v1/responses. */
export const responseSocketErrors = [
  "websocket_connection_limit_reached",
] as const satisfies readonly OwnErrorCode[];
