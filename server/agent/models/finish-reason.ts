/** The finish reasons of servers, in all their spellings, as ours or as a failure. */
import type { FinishReason } from "../types.ts";

const spellings: Readonly<Record<FinishReason, readonly string[]>> = {
  stop: ["stop"],
  tool_calls: ["tool_calls", "tool_call", "tool_use", "function_call", "function_calls"],
  length: [
    "length",
    "max_tokens",
    "max_output_tokens",
    "max_completion_tokens",
    "max_length",
    "model_length",
    "token_limit",
    "context_length",
    "context_length_exceeded",
    "model_context_window_exceeded",
    "error_limit",
  ],
  content_filter: [
    "content_filter",
    "content_filtered",
    "sensitive",
    "safety",
    "recitation",
    "blocklist",
    "prohibited_content",
    "spii",
    "image_safety",
    "image_prohibited_content",
    "image_recitation",
    "language",
    "guardrail_intervened",
    "refusal",
    "error_toxic",
  ],
};

const finishReasons: ReadonlyMap<string, FinishReason> = new Map(
  (Object.keys(spellings) as FinishReason[]).flatMap((reason) =>
    spellings[reason].map((spelling) => [spelling, reason]),
  ),
);

/** `network_error`, `insufficient_system_resource`, `MALFORMED_FUNCTION_CALL`, `abort` and the like. */
const failurePattern =
  /error|fail|abort|cancel|insufficient|overload|timeout|timed_out|malformed|unexpected|too_many|missing|interrupt|disconnect/;
/** `safety_filter`, `moderation`, `content_policy_violation`, `MODEL_ARMOR`, `risk_control` and the like. */
const filterPattern = /filter|safety|moderat|policy|blocked|prohibited|guardrail|armor|refus|censor|risk/;
/** `max_new_tokens`, `output_limit`, `repetition_truncation` and the like. */
const lengthPattern = /length|max_\w*tokens|(?:token|output)_limit|limit_reached|truncat|incomplete/;

/** A reason that is not known is `stop`. */
export function parseFinishReason(reason: string): FinishReason | "failure" {
  const spelling = reason.toLowerCase().replaceAll(/[\s-]+/g, "_");
  const exact = finishReasons.get(spelling);
  if (exact !== undefined) return exact;
  if (failurePattern.test(spelling)) return "failure";
  if (filterPattern.test(spelling)) return "content_filter";
  return lengthPattern.test(spelling) ? "length" : "stop";
}
