/** Models for tests: one that plays a script, one that waits at every step until the test lets it go on. */
import type { ScriptStep } from "../../contracts/examples/script.ts";
import type { Model, ModelCall, ModelEvent } from "../../server/agent/types.ts";
import { GatewayError } from "../../server/errors.ts";

/** Plays the script from its start at every call; without an `ends` step it finishes with the usage of 1 and 1. */
export function scriptedModel(
  script: readonly ScriptStep[],
  onCall: (call: ModelCall) => void = () => {},
): Model {
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
        yield { type: "finish", reason: step.finish, usage: usageOf(step.usage) };
        return;
      }
    }
    yield {
      type: "finish",
      reason: index > 0 ? "tool_calls" : "stop",
      usage: usageOf({ input: 1, output: 1 }),
    };
  };
}

/** A script in its parts, one for each call of the model. */
export function scriptParts(script: readonly ScriptStep[]): readonly (readonly ScriptStep[])[] {
  const parts: ScriptStep[][] = [[]];
  for (const step of script) {
    if ("nextCall" in step) parts.push([]);
    else parts.at(-1)?.push(step);
  }
  return parts;
}

/** Plays one script a call, the last one again and again; keeps what it was called with. */
export function sequence(...scripts: readonly (readonly ScriptStep[])[]): {
  readonly model: Model;
  readonly seen: ModelCall[];
} {
  const seen: ModelCall[] = [];
  const model: Model = (call, signal) => {
    // A copy of the turns: the run adds to its own list.
    seen.push({ ...call, turns: [...call.turns] });
    return scriptedModel(scripts[Math.min(seen.length, scripts.length) - 1] ?? [])(call, signal);
  };
  return { model, seen };
}

function usageOf(usage: Extract<ScriptStep, { finish: string }>["usage"]) {
  const { input, output, cached = 0, reasoning = 0 } = usage;
  return { input, output, cached, reasoning, cacheWrite: 0 };
}

export interface GatedModel {
  readonly model: Model;
  /** Lets the model make its next event. */
  give(event: ModelEvent): void;
  /** Resolves when the model is called, to the call and its signal. */
  called(): Promise<{ readonly call: ModelCall; readonly signal: AbortSignal }>;
  /** Events that the consumer has taken. */
  readonly taken: number;
}

/** Makes an event only when the test gives one. */
export function gatedModel(): GatedModel {
  const events: ModelEvent[] = [];
  let wake = (): void => {};
  let announce: (made: { call: ModelCall; signal: AbortSignal }) => void = () => {};
  const firstCall = new Promise<{ call: ModelCall; signal: AbortSignal }>((resolve) => (announce = resolve));
  let taken = 0;
  return {
    model: async function* gated(call, signal) {
      announce({ call, signal });
      signal.addEventListener("abort", () => wake());
      while (!signal.aborted) {
        const event = events.shift();
        if (event === undefined) {
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        yield event;
        taken += 1;
      }
    },
    give: (event) => {
      events.push(event);
      wake();
    },
    called: () => firstCall,
    get taken() {
      return taken;
    },
  };
}

export const finish: ModelEvent = {
  type: "finish",
  reason: "stop",
  usage: { input: 1, output: 1, cached: 0, cacheWrite: 0, reasoning: 0 },
};
