/** Maps the result of a run to a chat completion. */
import type { ChatCompletion } from "../../../contracts/http/chat/completion.ts";
import type { RunResult } from "../../agent/fold-run.ts";
import type { ToolCall, Usage } from "../../agent/types.ts";
import { readExtraContent, readReasoningDetails } from "./provider-state.ts";
import { toSealedDetail } from "./sealed-turn.ts";
import { toToolActivity } from "../tool-activity.ts";
import { unwrapCustomInput } from "../../agent/custom-tools.ts";

/** The fields that chunks and completions share. */
export interface CompletionMetadata {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  /** Names of the tools that the caller declared as `custom`. */
  readonly customTools: ReadonlySet<string>;
  /** Whether the activity of the agent's own tools is included: `x-openclaw-events: tools`. */
  readonly includeToolActivity: boolean;
  /** Returns what the provider needs back with the calls, encrypted; undefined when the message says all of it. */
  readonly sealTurn: () => string | undefined;
}

type Message = ChatCompletion["choices"][number]["message"];

export function toChatCompletion(
  result: RunResult,
  { id, created, model, customTools, includeToolActivity, sealTurn }: CompletionMetadata,
): ChatCompletion {
  const { text, thinking, thinkingStates, refusal, calls, toolEvents, reason, usage } = result;
  const hasNoText = text === "" && (calls.length > 0 || refusal !== "");
  const message: Message = {
    role: "assistant",
    content: hasNoText ? null : text,
    refusal: refusal === "" ? null : refusal,
  };
  // Clients parse the arguments of a call that is complete.
  const emptyArguments = reason === "length" ? "" : "{}";
  if (calls.length > 0)
    message.tool_calls = calls.map((call) => toToolCall(call, customTools, emptyArguments));
  if (thinking !== "") message.reasoning_content = thinking;
  const sealed = calls.length === 0 ? undefined : sealTurn();
  const details = [
    ...thinkingStates.flatMap(readReasoningDetails),
    ...(sealed === undefined ? [] : [toSealedDetail(sealed)]),
  ];
  if (details.length > 0) message.reasoning_details = details;
  const completion: ChatCompletion = {
    id,
    object: "chat.completion",
    created,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: reason }],
  };
  if (includeToolActivity)
    completion.openclaw = { tools: toolEvents.flatMap((event) => toToolActivity(event) ?? []) };
  if (usage !== undefined) completion.usage = toChatUsage(usage);
  return completion;
}

function toToolCall(
  call: ToolCall,
  customTools: ReadonlySet<string>,
  emptyArguments: string,
): NonNullable<Message["tool_calls"]>[number] {
  const { id, name } = call;
  const extra = readExtraContent(call.state);
  if (customTools.has(name))
    return { id, type: "custom", custom: { name, input: unwrapCustomInput(call.arguments) }, ...extra };
  return { id, type: "function", function: { name, arguments: call.arguments || emptyArguments }, ...extra };
}

export function toChatUsage({
  input,
  output,
  cached,
  cacheWrite,
  reasoning,
}: Usage): NonNullable<ChatCompletion["usage"]> {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0, cache_write_tokens: cacheWrite },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
