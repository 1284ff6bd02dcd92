/** Enumerations that items of the input and of the output share. */
import { z } from "zod";

export const ItemStatus = z.enum(["in_progress", "completed", "incomplete"]).meta({
  id: "ResponseItemStatus",
  description: "`in_progress`, `completed`, or `incomplete` after a limit, a failure or a cancellation.",
});

export const MessagePhase = z
  .enum(["commentary", "final_answer"])
  .meta({ id: "ResponseMessagePhase", description: "Commentary before a tool call, or the final answer." });

export const ReasoningSummary = z
  .enum(["auto", "concise", "detailed"])
  .meta({ id: "ResponseReasoningSummary", description: "How detailed a summary of reasoning is." });

export const Truncation = z
  .enum(["auto", "disabled"])
  .meta({ id: "ResponseTruncation", description: "What happens to a conversation that does not fit." });
