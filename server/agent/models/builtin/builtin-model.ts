/** The embedded model: deterministic, without key or network. It performs, event by event, what `answerTo` decides. */
import { once } from "node:events";
import { setImmediate, setTimeout } from "node:timers/promises";
import type { FinishReason, Model, ModelCall, ModelEvent } from "../../types.ts";
import { answerTo, type Answer } from "./answer.ts";
import { stopFilter } from "./stop-filter.ts";
import { inputTokens, tokensOf } from "./tokens.ts";

export const builtinModelIds: readonly string[] = ["assistant"];

export function builtinModel(id: string): Model | undefined {
  return builtinModelIds.includes(id) ? assistant : undefined;
}

/** Tokens between two turns of the event loop: a long answer must leave room for everybody else. */
const burst = 64;

async function* assistant(call: ModelCall, signal: AbortSignal): AsyncGenerator<ModelEvent> {
  const answer = answerTo(call);
  const stop = stopFilter(call.stop);
  let early: FinishReason | undefined;
  let output = 0;
  let reasoning = 0;

  for (const event of eventsOf(answer, call)) {
    if (output === call.maxOutputTokens) early = "length";
    if (early !== undefined) break;
    if (output > 0 && answer.pauseMs > 0) await pause(answer.pauseMs, signal);
    else if (output % burst === burst - 1) await setImmediate();
    if (signal.aborted) return;

    output++;
    if (event.type === "thinking") reasoning++;
    if (event.type !== "text") {
      yield event;
      continue;
    }
    const { text, stopped } = stop.pass(event.text);
    if (text !== "") yield { type: "text", text };
    if (stopped) early = "stop";
  }
  const rest = stop.rest();
  if (rest !== "") yield { type: "text", text: rest };

  const { ending } = answer;
  if (early === undefined && ending.type === "cut") return;
  if (early === undefined && ending.type === "stall") await silence(signal);
  if (signal.aborted) return;
  if (early === undefined && ending.type === "error") {
    yield { type: "error", error: ending.error };
    return;
  }
  const usage = { input: inputTokens(call), output, cached: 0, cacheWrite: 0, reasoning };
  yield { type: "finish", reason: early ?? reasonOf(answer), usage };
}

/** The whole answer, one event a token. */
function* eventsOf(answer: Answer, call: ModelCall): Generator<ModelEvent> {
  for (const text of tokensOf(answer.thinking)) yield { type: "thinking", text };
  for (const text of answer.text) yield { type: "text", text };
  for (const text of tokensOf(answer.refusal)) yield { type: "refusal", text };
  const first = nextCallNumber(call);
  for (const [index, made] of answer.calls.entries()) {
    yield { type: "tool_call", index, id: `call_${first + index}`, name: made.name };
    for (const fragment of tokensOf(made.arguments)) yield { type: "tool_call_arguments", index, fragment };
  }
}

/** Ids are counted, so that the same conversation gets the same ones, and no id twice. */
function nextCallNumber(call: ModelCall): number {
  const calls = call.turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls : []));
  const numbers = calls.map(({ id }) => Number(/^call_(\d{1,9})$/.exec(id)?.[1] ?? 0));
  return 1 + numbers.reduce((highest, number) => Math.max(highest, number), 0);
}

function reasonOf({ calls, ending }: Answer): FinishReason {
  if (calls.length > 0) return "tool_calls";
  return ending.type === "finish" ? ending.reason : "stop";
}

/** Ends early when aborted, which is the only way that the timer fails. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => {});
}

async function silence(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
