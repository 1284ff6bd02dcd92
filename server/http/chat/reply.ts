/** The result of a run as a whole chat completion. */
import type { ChatCompletion } from "../../../contracts/http/chat/completion.ts";
import type { RunResult } from "../../agent/fold.ts";
import type { ToolCall, Usage } from "../../agent/types.ts";
import { toolActivity } from "../tool-activity.ts";
import { customInput } from "./tools.ts";

/** What chunks and whole replies say of themselves. */
export interface ChatFace {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  /** Names of the tools whose calls are answered in the `custom` form. */
  readonly customTools: ReadonlySet<string>;
  /** Is the activity of the agent's own tools asked for? */
  readonly showTools: boolean;
}

type Message = ChatCompletion["choices"][number]["message"];

export function chatCompletion(
  result: RunResult,
  { id, created, model, customTools, showTools }: ChatFace,
): ChatCompletion {
  const { text, thinking, refusal, calls, toolEvents, reason, usage } = result;
  const silent = text === "" && (calls.length > 0 || refusal !== "");
  const message: Message = {
    role: "assistant",
    content: silent ? null : text,
    refusal: refusal === "" ? null : refusal,
  };
  if (calls.length > 0) message.tool_calls = calls.map((call) => toolCall(call, customTools));
  if (thinking !== "") message.reasoning_content = thinking;
  const completion: ChatCompletion = {
    id,
    object: "chat.completion",
    created,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: reason }],
  };
  if (showTools) completion.openclaw = { tools: toolEvents.flatMap((event) => toolActivity(event) ?? []) };
  if (usage !== undefined) completion.usage = chatUsage(usage);
  return completion;
}

function toolCall(
  call: ToolCall,
  customTools: ReadonlySet<string>,
): NonNullable<Message["tool_calls"]>[number] {
  const { id, name } = call;
  if (customTools.has(name))
    return { id, type: "custom", custom: { name, input: customInput(call.arguments) } };
  return { id, type: "function", function: { name, arguments: call.arguments } };
}

export function chatUsage({
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
