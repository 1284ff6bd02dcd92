/** The three frames of the socket. Every text message is one of them, as one JSON object. */
import { z } from "zod";
import { anyObject, shortText } from "../limits.ts";

const id = z.string().min(1).max(256).describe("Yours to choose; the answer has it again.");

const payload = z.unknown().describe("What the method or the event says.");

export const RequestFrame = z
  .strictObject({
    type: z.literal("req").describe("Always `req`."),
    id,
    method: z.string().min(1).max(128).describe("Name of the method."),
    params: z.unknown().optional().describe("Its parameters: an object."),
    traceparent: z.string().max(128).optional().describe("A W3C trace context. Accepted and ignored."),
  })
  .meta({ id: "RequestFrame", description: "A call, from the client." });

export const SocketError = z
  .object({
    code: z
      .enum(["INVALID_REQUEST", "NOT_FOUND", "FORBIDDEN", "UNAVAILABLE", "AGENT_TIMEOUT", "ABORTED"])
      .describe("A coarse code; `details.code` says more."),
    message: z.string().max(4096).describe("What was wrong, where, and what would be right. For people."),
    details: anyObject()
      .optional()
      .describe(
        "`code`: the code that HTTP has for it, or a finer one; `param`: the field at fault; and more.",
      ),
    retryable: z.boolean().optional().describe("Whether the same call may succeed later."),
    retryAfterMs: z.int().optional().describe("After how long, in milliseconds, where that is known."),
  })
  .meta({ id: "SocketError", description: "Every failure has this shape." });

export const ResponseFrame = z
  .object({
    type: z.literal("res").describe("Always `res`."),
    id: id.describe("That of the call; `invalid` when the call had none."),
    ok: z.boolean().describe("Whether there is a `payload` or an `error`."),
    payload: payload.optional(),
    error: SocketError.optional(),
  })
  .meta({ id: "ResponseFrame", description: "An answer. Answers come in any order." });

export const EventFrame = z
  .object({
    type: z.literal("event").describe("Always `event`."),
    event: shortText().describe("Name of the event."),
    payload: payload.optional(),
    seq: z
      .int()
      .optional()
      .describe("Counts the events of this connection from 1, without gaps. `connect.challenge` has none."),
  })
  .meta({ id: "EventFrame", description: "Something has happened." });
