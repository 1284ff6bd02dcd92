/** The frames of the WebSocket on /v1/responses: what a client sends, and the error frame. */
import { z } from "zod";
import { errorCodes, type OwnErrorCode } from "../../errors.ts";
import { shortText } from "../../limits.ts";
import { ResponseRequest } from "./request.ts";

export const ResponseCreate = ResponseRequest.omit({ stream: true, stream_options: true, generate: true })
  .extend({
    type: z.literal("response.create").describe("Always `response.create`."),
    background: z
      .boolean()
      .refine((value) => !value, "cannot be true over a WebSocket; send it with POST /v1/responses")
      .nullish()
      .describe("Only over HTTP. True is 400 here."),
    generate: z
      .boolean()
      .nullish()
      .describe(
        "False: the request only brings input. No model is asked, the response is completed with an empty output, and a later request continues it. `prompt_cache_options.prewarm` does the same. Default: true.",
      ),
    stream_id: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,256}$/)
      .nullish()
      .describe(
        "Name of a lane. Requests of one lane, and those without a name, run one after the other; lanes run side by side. Every event of the response repeats it. Another form is 400 `invalid_stream_id`.",
      ),
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
    stream_id: shortText().optional().describe("The lane of the request, when it named one."),
  })
  .meta({
    id: "ResponseSocketError",
    description:
      "A request that failed before its response started. The connection stays open, except after `websocket_connection_limit_reached` and `invalid_api_key`. A later failure is sent as the events `error`, with `status`, and `response.failed`.",
  });

/** The error codes besides those of POST /v1/responses. */
export const responseSocketErrors = [
  "websocket_connection_limit_reached",
  "websocket_stream_limit_reached",
  "invalid_stream_id",
  "websocket_disabled",
] as const satisfies readonly OwnErrorCode[];
