/** The three frames of the protocol. Every text message is one frame, as one JSON object. */
import { z } from "zod";
import { anyObject, shortText } from "../limits.ts";

const id = z
  .string()
  .min(1)
  .max(256)
  .describe("Id of the call, chosen by the client. The response repeats it.");

const payload = z.unknown().describe("Result of the method, or payload of the event.");

export const RequestFrame = z
  .object({
    type: z.literal("req").describe("Always `req`."),
    id,
    method: z.string().min(1).max(128).describe("Name of the method."),
    params: z.unknown().optional().describe("Params of the method, an object."),
    traceparent: z
      .string()
      .max(128)
      .optional()
      .describe("W3C trace context of the caller, which the spans of this call belong to."),
  })
  .meta({ id: "RequestFrame", description: "A call from the client." });

export const SocketError = z
  .object({
    code: z
      .enum(["INVALID_REQUEST", "NOT_FOUND", "FORBIDDEN", "UNAVAILABLE", "AGENT_TIMEOUT", "ABORTED"])
      .describe("A coarse error code. `details.code` is more specific."),
    message: z
      .string()
      .max(4096)
      .describe("Error message for people: what is wrong, where, and what is expected."),
    details: anyObject()
      .optional()
      .describe(
        "`code`: the error code, usually the same as over HTTP. `param`: the invalid field. Other fields depend on the code.",
      ),
    retryable: z.boolean().optional().describe("Whether the same call may succeed later."),
    retryAfterMs: z.int().optional().describe("Time before a retry, in milliseconds. Absent when unknown."),
  })
  .meta({ id: "SocketError", description: "The error of a failed call." });

export const ResponseFrame = z
  .object({
    type: z.literal("res").describe("Always `res`."),
    id: id.describe("Id of the call, or `invalid` when the call has no valid id."),
    ok: z.boolean().describe("True with a `payload`, false with an `error`."),
    payload: payload.optional(),
    error: SocketError.optional(),
  })
  .meta({ id: "ResponseFrame", description: "The response to a call. Responses arrive in any order." });

export const EventFrame = z
  .object({
    type: z.literal("event").describe("Always `event`."),
    event: shortText().describe("Name of the event."),
    payload: payload.optional(),
    seq: z
      .int()
      .optional()
      .describe(
        "Sequence number of the event on this connection, from 1 without gaps. Absent on `connect.challenge`.",
      ),
  })
  .meta({ id: "EventFrame", description: "An event from the gateway." });
