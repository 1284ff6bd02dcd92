/** The messages of a session, as the session endpoints return them. */
import { z } from "zod";
import { listOf, longText, shortText } from "../limits.ts";

const Content = z
  .discriminatedUnion("type", [
    z
      .object({
        type: z.literal("text").describe("Always `text`."),
        text: longText().describe("The complete text."),
      })
      .meta({ id: "SessionText", description: "A text." }),
    z
      .object({
        type: z.literal("image").describe("Always `image`."),
        mediaType: shortText().describe("MIME type, for example `image/png`."),
        bytes: z.int().describe("Size of the image. The image itself is not returned."),
      })
      .meta({ id: "SessionImage", description: "A placeholder for an image." }),
  ])
  .meta({ id: "SessionContent", description: "A text, or a placeholder for an image." });

const SessionToolCall = z
  .object({
    id: shortText().describe("Id of the call. The result has it as `toolCallId`."),
    name: shortText().describe("Name of the tool."),
    arguments: longText().describe("JSON text, as the model wrote it."),
  })
  .meta({ id: "SessionToolCall", description: "A call of one of the agent's own tools or of the client's." });

const SessionCut = z
  .enum(["aborted", "error", "interrupted"])
  .meta({ id: "SessionCut", description: "Why a message is incomplete." });

export const SessionMessage = z
  .object({
    seq: z.int().describe("Number of the message in the conversation. Numbers increase, with gaps."),
    at: z.int().describe("Time at which the message was stored: Unix time in milliseconds."),
    runId: shortText().describe("Id of the run that produced the message."),
    role: z.enum(["user", "assistant", "tool", "summary"]).meta({
      id: "SessionRole",
      description:
        "Author of the message. `summary`: the model receives this summary instead of the messages before it.",
    }),
    content: listOf(Content).describe("Content of the message; empty for a message that only calls tools."),
    thinking: longText().optional().describe("The model's thinking, when the provider returns it."),
    toolCalls: listOf(SessionToolCall).optional().describe("Tool calls of the message."),
    toolCallId: shortText().optional().describe("With the role `tool`: id of the call that it answers."),
    cut: SessionCut.optional().describe(
      "Why the message is incomplete: the caller disconnected, a failure, or a gateway stop.",
    ),
  })
  .meta({ id: "SessionMessage", description: "A message of a stored conversation." });
