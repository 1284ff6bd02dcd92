/** What the built-in model says to a message in plain words. */
import type { ModelCall, ToolTurn } from "../../types.ts";
import { factsIn, memoryOf, type Memory } from "./memory.ts";
import { imagesIn, searched, textOf, wordsOf } from "./turns.ts";

const introduction =
  "I am the gateway's built-in model: a small program that answers by fixed rules, not a language model.";

/** Characters that are quoted of a message or a result. */
const quoted = 1_000;

/** The answer to the user's last message. */
export function replyTo(call: ModelCall, message: string): string {
  const wanted = /^(?:please )?(?:repeat(?: after me)?|say|echo)(?::| exactly:?)?\s+(.+)$/is.exec(
    message.trim(),
  );
  if (wanted?.[1] !== undefined) return unquoted(wanted[1]);

  const last = call.turns.findLastIndex((turn) => turn.role === "user");
  const memory = memoryOf(call.turns.slice(0, Math.max(last, 0)));
  const beginning = message.slice(0, searched);
  const recalled = recall(memory, beginning);
  if (recalled !== undefined) return recalled;

  const told = factsIn(beginning).filter(([subject]) => subject.startsWith("my "));
  if (told.length > 0) return `I will remember that: ${told.map(sentence).join(" ")}`;
  if (/\bremember(?: that|:) /i.test(beginning)) return "I will remember that.";

  const images = call.turns[last] === undefined ? 0 : imagesIn(call.turns[last]);
  return [
    introduction,
    message.trim() === "" ? "You wrote nothing." : `You wrote: “${cut(message)}”`,
    ...(images > 0 ? [`You sent ${counted(images, "image")}, which I cannot see.`] : []),
    "/help lists what I can do.",
  ].join(" ");
}

/** The answer from the results of the tools that were called. */
export function replyFrom(call: ModelCall, results: readonly ToolTurn[]): string {
  const calls = call.turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls : []));
  const lines = results.map((result) => {
    const name = calls.findLast(({ id }) => id === result.callId)?.name ?? result.callId;
    const images = imagesIn(result);
    return `${name} returned: ${cut(textOf(result))}${images > 0 ? ` (${counted(images, "image")})` : ""}`;
  });
  return lines.join("\n");
}

function recall(memory: Memory, message: string): string | undefined {
  if (/\bsummar(?:y|i[sz]e)\b/i.test(message) && memory.messages.length > 0) {
    return list("The user said:", memory.messages);
  }
  if (/\bwhat (?:did i ask you to|do you|should you) remember\b/i.test(message)) {
    return list("You asked me to remember:", memory.notes);
  }
  if (/\bwhat (?:did|have) i (?:say|said|write|written|tell|told|ask)\b/i.test(message)) {
    return list("You said:", memory.messages);
  }
  if (!/\b(?:what|who|where|when|which|how|remember|know|tell me|remind me)\b/i.test(message))
    return undefined;

  const stated = new Set(factsIn(message).map(([subject]) => subject));
  const asked = subjectsIn(message).filter((subject) => memory.facts.has(subject) && !stated.has(subject));
  if (asked.length > 0) {
    return asked.map((subject) => sentence([subject, memory.facts.get(subject) ?? ""])).join(" ");
  }
  const [, unknown] = /\bmy ([\p{L}\p{N}_'’ -]{1,40}?)(?: is| are| was)?\s*\?/iu.exec(message) ?? [];
  return unknown === undefined ? undefined : `You have not told me your ${unknown}.`;
}

/** Everything that could be a subject: `my` or `the` and up to six words. */
function subjectsIn(message: string): readonly string[] {
  const words = wordsOf(message);
  const subjects = words.flatMap((word, at) =>
    word === "my" || word === "the"
      ? [1, 2, 3, 4, 5, 6].map((length) => words.slice(at, at + 1 + length).join(" "))
      : [],
  );
  return [...new Set(subjects)];
}

/** `my name`, `Ada` → `Your name is Ada.` */
function sentence([subject, value]: readonly [string, string]): string {
  return `${subject.replace(/^my/, "Your").replace(/^the/, "The")} is ${value}.`;
}

const list = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? `${title} nothing yet.` : [title, ...lines.map((line) => `- ${cut(line)}`)].join("\n");

const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`;

const unquoted = (text: string): string =>
  /^(["'“])([^"'“”]*)["'”][.!]?$/s.exec(text.trim())?.[2] ?? text.trim();

function cut(text: string): string {
  const trimmed = text.trim();
  return trimmed.length <= quoted ? trimmed : `${trimmed.slice(0, quoted)}…`;
}
