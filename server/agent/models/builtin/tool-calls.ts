/** Which tools the built-in model calls, and with what. */
import type { ModelCall } from "../../types.ts";
import type { RequestedCall } from "./commands.ts";
import { sampleSchema } from "./sample-schema.ts";
import { searched, wordsOf } from "./turns.ts";

/** The calls to make, or why there are none although some were asked for. */
type Plan = { readonly calls: readonly RequestedCall[] } | { readonly refused: string };

/** `requested` are the calls of `/tool` lines, word for word. */
export function planCalls(call: ModelCall, message: string, requested: readonly RequestedCall[]): Plan {
  const { toolChoice } = call;
  const forced = toolChoice === "required" || typeof toolChoice === "object";
  const allowed = call.tools.filter(({ name }) =>
    typeof toolChoice === "object" ? name === toolChoice.name : toolChoice !== "none",
  );
  const names = new Set(allowed.map(({ name }) => name));
  const missing = requested.find(({ name }) => !names.has(name));
  if (missing !== undefined && !forced) return { refused: notOffered(missing.name, call) };

  let calls = requested;
  if (requested.length === 0 || missing !== undefined) {
    const words = wordsOf(message.slice(0, searched));
    const named = allowed.filter(({ name }) => asksFor(words, name));
    const chosen = named.length === 0 && forced ? allowed.slice(0, 1) : named;
    calls = chosen.map(({ name, parameters }) => ({
      name,
      arguments: JSON.stringify(sampleSchema(parameters ?? { type: "object" }) ?? {}),
    }));
  }
  return { calls: call.parallelToolCalls ? calls : calls.slice(0, 1) };
}

function notOffered(name: string, call: ModelCall): string {
  if (call.toolChoice === "none") return `I may not call ${name}: the request's tool choice is none.`;
  const offered = call.tools.map((tool) => tool.name).join(", ");
  return `The tool ${name} is not offered to me. ${offered === "" ? "No tool is." : `Offered: ${offered}.`}`;
}

const verbs = new Set(["use", "using", "call", "run", "invoke"]);
const nouns = new Set(["tool", "function"]);
const between = new Set(["the", "your", "named", "called", ...nouns]);

/**
 * Does the message ask for this tool? "Use the read tool", "call the weather tool get_weather". Tools have names like
 * `read` and `write`, and "run the tests and write a report" asks for neither.
 */
function asksFor(words: readonly string[], name: string): boolean {
  return words.some((word, at) => {
    if (word !== name.toLowerCase()) return false;
    const before = words.slice(Math.max(0, at - 6), at).toReversed();
    if (nouns.has(before[0] ?? "")) return before.some((other) => verbs.has(other));
    return verbs.has(before.find((other) => !between.has(other)) ?? "");
  });
}
