/** What was said in a session, as the session endpoints show it. */
import { z } from "zod";
import { listOf, longText, shortText } from "../limits.ts";

const Content = z
  .union([
    z.object({
      type: z.literal("text").describe("Always `text`."),
      text: longText().describe("The text, whole."),
    }),
    z.object({
      type: z.literal("image").describe("Always `image`."),
      mediaType: shortText().describe("Its type, for instance `image/png`."),
      bytes: z.int().describe("Its size. The image itself is not shown."),
    }),
  ])
  .meta({ id: "SessionContent", description: "A text, or that there is an image." });

const SessionToolCall = z
  .object({
    id: shortText().describe("Id of the call; the result has it as `toolCallId`."),
    name: shortText().describe("Name of the tool."),
    arguments: longText().describe("JSON text, as the model wrote it."),
  })
  .meta({ id: "SessionToolCall", description: "A call of a tool, the agent's own or the client's." });

export const SessionMessage = z
  .object({
    seq: z.int().describe("Its number in the conversation; numbers grow, some are left out."),
    at: z.int().describe("When it was stored: Unix time in milliseconds."),
    runId: shortText().describe("Id of the run that it came with."),
    role: z
      .enum(["user", "assistant", "tool", "summary"])
      .describe(
        "Who said it. `summary`: the model is no longer sent what stands before, but this summary of it.",
      ),
    content: listOf(Content).describe("What was said; empty for a message that only calls tools."),
    thinking: longText().optional().describe("What the model thought before, where it tells."),
    toolCalls: listOf(SessionToolCall).optional().describe("Calls that the message makes."),
    toolCallId: shortText().optional().describe("With the role `tool`: the call that it answers."),
    cut: z
      .enum(["aborted", "error", "interrupted"])
      .optional()
      .describe("Why the message ends before its end: the caller left, a failure, the gateway stopped."),
  })
  .meta({ id: "SessionMessage", description: "A message of a stored conversation." });
