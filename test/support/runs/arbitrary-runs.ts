/** Arbitrary runs for property tests: any sequence of events that a run can emit. */
import * as fc from "fast-check";
import type { EndReason, RunEvent } from "../../../server/agent/types.ts";
import { GatewayError } from "../../../server/lib/errors.ts";

/** One event of a step. `pick` selects one of the calls so far. */
type Move =
  | { readonly do: "text" | "thinking" | "refusal"; readonly text: string }
  | { readonly do: "call"; readonly name: string }
  | { readonly do: "fragment"; readonly pick: number; readonly text: string }
  | { readonly do: "state"; readonly part: "thinking" | "text" }
  | { readonly do: "call state"; readonly pick: number };

const texts = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom("", "\n", "ä€😀", "[DONE]", "\u2028"));

/** Fragments of JSON, so that arguments are sometimes complete and sometimes invalid. */
const fragments = fc.oneof(texts, fc.constantFrom("{}", '{"a":', "1}", '{"input":', '"ls"}', " "));

const moveArbitrary: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ do: fc.constantFrom("text", "thinking", "refusal"), text: texts }),
  fc.record({ do: fc.constant("call"), name: fc.constantFrom("look", "shell") }),
  fc.record({ do: fc.constant("fragment"), pick: fc.nat(9), text: fragments }),
  fc.record({ do: fc.constant("state"), part: fc.constantFrom("thinking", "text") }),
  fc.record({ do: fc.constant("call state"), pick: fc.nat(9) }),
);

/** A model call, and the number of agent tool calls that follow it. */
const step = fc.record({ moves: fc.array(moveArbitrary, { maxLength: 12 }), tools: fc.nat(3) });

const state = { model: "test/0", state: { signature: "s" } } as const;

const reasons: readonly EndReason[] = ["stop", "tool_calls", "length", "content_filter", "aborted", "error"];

/** A run that fails or is aborted ends anywhere. Other runs end with their last step. */
export const arbitraryRun: fc.Arbitrary<readonly RunEvent[]> = fc
  .record({
    steps: fc.array(step, { minLength: 1, maxLength: 4 }),
    reason: fc.constantFrom(...reasons),
    cutAt: fc.nat(40),
    usage: fc.boolean(),
  })
  .map(({ steps, reason, cutAt, usage }) => {
    const events: RunEvent[] = [{ type: "start" }];
    let calls = 0;
    for (const [number, { moves, tools }] of steps.entries()) {
      const isLast = number === steps.length - 1;
      for (const each of moves) {
        // A call of a client tool ends the run with its step.
        if (each.do === "call" && !isLast) continue;
        if (each.do === "call") {
          events.push({ type: "tool_call", index: calls, id: `call_${calls}`, name: each.name });
          calls += 1;
        } else if (each.do === "state") events.push({ type: "state", ...state, part: each.part });
        else if (each.do === "call state") {
          if (calls > 0) events.push({ type: "tool_call_state", ...state, index: each.pick % calls });
        } else if (each.do !== "fragment") events.push({ type: each.do, text: each.text });
        else if (calls > 0)
          events.push({ type: "tool_call_arguments", index: each.pick % calls, fragment: each.text });
      }
      events.push({ type: "step", model: "test/0", usage: undefined });
      events.push(...ownTools(number, tools));
    }
    const cut = reason === "aborted" || reason === "error";
    const end: RunEvent = {
      type: "end",
      reason: reason === "tool_calls" && calls === 0 ? "stop" : reason,
      usage: usage ? { input: 3, output: 2, cached: 1, cacheWrite: 0, reasoning: 1 } : undefined,
      ...(reason === "error" ? { error: new GatewayError("upstream_error", "It broke.") } : {}),
    };
    return [...(cut ? events.slice(0, cutAt) : events), end];
  });

/** Returns all starts, then outputs and results in the order of the calls. */
function ownTools(step: number, count: number): readonly RunEvent[] {
  const ids = Array.from({ length: count }, (_, index) => `own_${step}_${index}`);
  return [
    ...ids.map((id): RunEvent => ({ type: "tool_start", call: { id, name: "read", arguments: "{}" } })),
    ...ids.map((callId): RunEvent => ({ type: "tool_output", callId, text: "out" })),
    ...ids.map((callId, index): RunEvent => {
      const content = [{ type: "text", text: `result ${index}` }] as const;
      return { type: "tool_result", callId, output: { content, isError: index === 1 } };
    }),
  ];
}
