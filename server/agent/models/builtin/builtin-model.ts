/** The built-in model: deterministic, without key or network. It emits the events of a reply plan. */
import { once } from "node:events";
import { setImmediate, setTimeout } from "node:timers/promises";
import type { FinishReason, ModelCall, ModelEvent, ModelStream } from "../../types.ts";
import { getCalls } from "../../parts.ts";
import { builtinModelIds } from "../../../lib/builtin-models.ts";
import { planReply, type ReplyPlan } from "./plan-reply.ts";
import { createStopFilter } from "../stop-sequences.ts";
import { countInputTokens, tokenize } from "./tokens.ts";

export function getBuiltinModel(id: string): ModelStream | undefined {
  return builtinModelIds.includes(id) ? runAssistant : undefined;
}

/** Tokens per turn of the event loop: a long reply must not block other requests. */
const tokensPerTick = 64;

async function* runAssistant(call: ModelCall, signal: AbortSignal): AsyncGenerator<ModelEvent> {
  const plan = planReply(call);
  const filter = createStopFilter(call.stop);
  let earlyReason: FinishReason | undefined;
  let stopSequence: string | undefined;
  let output = 0;
  let reasoning = 0;

  for (const event of toEvents(plan, call)) {
    if (output === call.maxOutputTokens) earlyReason = "length";
    if (earlyReason !== undefined) break;
    if (output > 0 && plan.pauseMs > 0) await pause(plan.pauseMs, signal);
    else if (output % tokensPerTick === tokensPerTick - 1) await setImmediate();
    if (signal.aborted) return;

    output++;
    if (event.type === "thinking") reasoning++;
    if (event.type !== "text") {
      yield event;
      continue;
    }
    const { text, stopSequence: matched } = filter.push(event.text);
    if (text !== "") yield { type: "text", text };
    if (matched !== undefined) earlyReason = "stop";
    stopSequence = matched;
  }
  const rest = filter.flush();
  if (rest !== "") yield { type: "text", text: rest };

  const { ending } = plan;
  if (earlyReason === undefined && ending.type === "cut") return;
  if (earlyReason === undefined && ending.type === "stall") await waitForAbort(signal);
  if (signal.aborted) return;
  if (earlyReason === undefined && ending.type === "error") {
    yield { type: "error", error: ending.error };
    return;
  }
  const usage = { input: countInputTokens(call), output, cached: 0, cacheWrite: 0, reasoning };
  const reason = earlyReason ?? toFinishReason(plan);
  yield { type: "finish", reason, usage, ...(stopSequence === undefined ? {} : { stopSequence }) };
}

/** The events of the reply, one per token. */
function* toEvents(plan: ReplyPlan, call: ModelCall): Generator<ModelEvent> {
  for (const text of tokenize(plan.thinking)) yield { type: "thinking", text };
  for (const text of plan.text) yield { type: "text", text };
  for (const text of tokenize(plan.refusal)) yield { type: "refusal", text };
  const firstNumber = nextCallNumber(call);
  for (const [index, toolCall] of plan.calls.entries()) {
    yield { type: "tool_call", index, id: `call_${firstNumber + index}`, name: toolCall.name };
    for (const fragment of tokenize(toolCall.arguments))
      yield { type: "tool_call_arguments", index, fragment };
  }
}

/** Ids are numbered, so that the same conversation always gets the same ids, and none occurs twice. */
function nextCallNumber(call: ModelCall): number {
  const calls = call.turns.flatMap(getCalls);
  const numbers = calls.map(({ id }) => Number(/^call_(\d{1,9})$/.exec(id)?.[1] ?? 0));
  return 1 + numbers.reduce((highest, number) => Math.max(highest, number), 0);
}

function toFinishReason({ calls, ending }: ReplyPlan): FinishReason {
  if (calls.length > 0) return "tool_calls";
  return ending.type === "finish" ? ending.reason : "stop";
}

/** Resolves early when aborted; the timer fails for no other reason. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => {});
}

async function waitForAbort(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
