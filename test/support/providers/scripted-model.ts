/** Models for tests: one plays a script, one waits for the test before every event. */
import type { ScriptStep } from "../../../contracts/examples/script.ts";
import type { ModelStream, ModelCall, ModelEvent } from "../../../server/agent/types.ts";
import { GatewayError } from "../../../server/lib/errors.ts";

/** Plays the script from its start at every call. Without an `ends` step it finishes with a usage of 1 and 1. */
export function createScriptedModel(
  script: readonly ScriptStep[],
  onCall: (call: ModelCall) => void = () => {},
): ModelStream {
  return async function* play(call) {
    onCall(call);
    let index = 0;
    for (const step of script) {
      if ("text" in step) yield { type: "text", text: step.text };
      if ("thinking" in step) yield { type: "thinking", text: step.thinking };
      if ("refusal" in step) yield { type: "refusal", text: step.refusal };
      if ("call" in step) {
        yield { type: "tool_call", index, id: step.call.id, name: step.call.name };
        for (const fragment of step.call.fragments) yield { type: "tool_call_arguments", index, fragment };
        index += 1;
      }
      if ("fail" in step) {
        yield { type: "error", error: new GatewayError(step.fail.code, step.fail.message) };
        return;
      }
      if ("finish" in step) {
        yield { type: "finish", reason: step.finish, usage: toUsage(step.usage) };
        return;
      }
    }
    yield {
      type: "finish",
      reason: index > 0 ? "tool_calls" : "stop",
      usage: toUsage({ input: 1, output: 1 }),
    };
  };
}

/** Splits a script into one part per call of the model. */
export function splitScript(script: readonly ScriptStep[]): readonly (readonly ScriptStep[])[] {
  const parts: ScriptStep[][] = [[]];
  for (const step of script) {
    if ("nextCall" in step) parts.push([]);
    else parts.at(-1)?.push(step);
  }
  return parts;
}

/** Plays one script per call and repeats the last one. Records the calls. */
export function createModelSequence(...scripts: readonly (readonly ScriptStep[])[]): {
  readonly model: ModelStream;
  readonly modelCalls: ModelCall[];
} {
  const modelCalls: ModelCall[] = [];
  const model: ModelStream = (call, signal) => {
    // The run appends to its own list of turns.
    modelCalls.push({ ...call, turns: [...call.turns] });
    return createScriptedModel(scripts[Math.min(modelCalls.length, scripts.length) - 1] ?? [])(call, signal);
  };
  return { model, modelCalls };
}

function toUsage(usage: Extract<ScriptStep, { finish: string }>["usage"]) {
  const { input, output, cached = 0, reasoning = 0 } = usage;
  return { input, output, cached, reasoning, cacheWrite: 0 };
}

export interface GatedModel {
  readonly model: ModelStream;
  /** Makes the model emit its next event. */
  emit(event: ModelEvent): void;
  /** Resolves to the call and its signal when the model is first called. */
  waitForCall(): Promise<{ readonly call: ModelCall; readonly signal: AbortSignal }>;
  /** The number of events that the consumer pulled. */
  readonly consumedCount: number;
}

/** Creates a model that waits for the test before every event. */
export function createGatedModel(): GatedModel {
  const events: ModelEvent[] = [];
  let wake = (): void => {};
  let resolveFirstCall: (modelCall: { call: ModelCall; signal: AbortSignal }) => void = () => {};
  const firstCall = new Promise<{ call: ModelCall; signal: AbortSignal }>(
    (resolve) => (resolveFirstCall = resolve),
  );
  let consumedCount = 0;
  return {
    model: async function* gated(call, signal) {
      resolveFirstCall({ call, signal });
      signal.addEventListener("abort", () => wake());
      while (!signal.aborted) {
        const event = events.shift();
        if (event === undefined) {
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        yield event;
        consumedCount += 1;
      }
    },
    emit: (event) => {
      events.push(event);
      wake();
    },
    waitForCall: () => firstCall,
    get consumedCount() {
      return consumedCount;
    },
  };
}

/** Creates a model that sends a text and then waits for the abort. */
export function createEndlessModel(): { readonly model: ModelStream; readonly countRunning: () => number } {
  let countRunning = 0;
  const model: ModelStream = async function* work(_call, signal) {
    countRunning += 1;
    yield { type: "text", text: "One moment." };
    try {
      await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("stopped")));
      });
    } finally {
      countRunning -= 1;
    }
  };
  return { model, countRunning: () => countRunning };
}

export const finishEvent: ModelEvent = {
  type: "finish",
  reason: "stop",
  usage: { input: 1, output: 1, cached: 0, cacheWrite: 0, reasoning: 0 },
};
