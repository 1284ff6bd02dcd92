/** Decides which tools the built-in model calls, and with which arguments. */
import type { ModelCall } from "../../types.ts";
import type { RequestedCall } from "./commands.ts";
import { sampleSchema } from "./sample-schema.ts";
import { maxSearchedCharacters, splitWords } from "./turns.ts";

/** The calls to make, or the reply that explains why a requested call is not possible. */
type Plan = { readonly calls: readonly RequestedCall[] } | { readonly explanation: string };

/** `requestedCalls` are the calls of `/tool` lines, unchanged. */
export function planCalls(call: ModelCall, message: string, requestedCalls: readonly RequestedCall[]): Plan {
  const { toolChoice } = call;
  const isForced = toolChoice === "required" || typeof toolChoice === "object";
  const allowedTools = call.tools.filter(({ name }) =>
    typeof toolChoice === "object" ? name === toolChoice.name : toolChoice !== "none",
  );
  const names = new Set(allowedTools.map(({ name }) => name));
  const missing = requestedCalls.find(({ name }) => !names.has(name));
  if (missing !== undefined && !isForced) return { explanation: explainMissingTool(missing.name, call) };

  let calls = requestedCalls;
  if (requestedCalls.length === 0 || missing !== undefined) {
    const words = splitWords(message.slice(0, maxSearchedCharacters));
    const matchingTools = allowedTools.filter(({ name }) => isToolRequested(words, name));
    const selectedTools = matchingTools.length === 0 && isForced ? allowedTools.slice(0, 1) : matchingTools;
    calls = selectedTools.map(({ name, parameters }) => ({
      name,
      arguments: JSON.stringify(sampleSchema(parameters ?? { type: "object" }) ?? {}),
    }));
  }
  return { calls: call.parallelToolCalls ? calls : calls.slice(0, 1) };
}

function explainMissingTool(name: string, call: ModelCall): string {
  if (call.toolChoice === "none") return `I may not call ${name}: the request's tool choice is none.`;
  const toolNames = call.tools.map((tool) => tool.name).join(", ");
  return `The tool ${name} is not offered to me. ${toolNames === "" ? "No tool is." : `Offered: ${toolNames}.`}`;
}

const verbs = new Set(["use", "using", "call", "run", "invoke"]);
const nouns = new Set(["tool", "function"]);
const fillerWords = new Set(["the", "your", "named", "called", ...nouns]);

/**
 * Whether the message asks for this tool, as in "use the read tool" or "call the weather tool get_weather". Some tools have
 * names such as `read` and `write`: "run the tests and write a report" asks for neither.
 */
function isToolRequested(words: readonly string[], name: string): boolean {
  return words.some((word, at) => {
    if (word !== name.toLowerCase()) return false;
    const precedingWords = words.slice(Math.max(0, at - 6), at).toReversed();
    if (nouns.has(precedingWords[0] ?? "")) return precedingWords.some((other) => verbs.has(other));
    return verbs.has(precedingWords.find((other) => !fillerWords.has(other)) ?? "");
  });
}
