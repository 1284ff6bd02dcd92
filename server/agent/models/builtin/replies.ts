/** Replies of the built-in model to plain text and to tool results. */
import { getCalls } from "../../parts.ts";
import type { ModelCall, ToolTurn } from "../../types.ts";
import { extractFacts, readMemory, type Memory } from "./memory.ts";
import { countImages, maxSearchedCharacters, readTurnText, splitWords } from "./turns.ts";

const introduction =
  "I am the gateway's built-in model: a small program that answers by fixed rules, not a language model.";

/** Longer messages and results are truncated in replies. */
const maxQuotedCharacters = 1_000;

/** Replies to the user's last message. */
export function replyToMessage(call: ModelCall, message: string): string {
  const repeatRequest = /^(?:please )?(?:repeat(?: after me)?|say|echo)(?::| exactly:?)?\s+(.+)$/is.exec(
    message.trim(),
  );
  if (repeatRequest?.[1] !== undefined) return stripQuotes(repeatRequest[1]);

  const last = call.turns.findLastIndex((turn) => turn.role === "user");
  const memory = readMemory(call.turns.slice(0, Math.max(last, 0)));
  const messageStart = message.slice(0, maxSearchedCharacters);
  const memoryReply = replyFromMemory(memory, messageStart);
  if (memoryReply !== undefined) return memoryReply;

  const facts = extractFacts(messageStart).filter(([subject]) => subject.startsWith("my "));
  if (facts.length > 0) return `I will remember that: ${facts.map(formatFact).join(" ")}`;
  if (/\bremember(?: that|:) /i.test(messageStart)) return "I will remember that.";

  const images = call.turns[last] === undefined ? 0 : countImages(call.turns[last]);
  return [
    introduction,
    message.trim() === "" ? "You wrote nothing." : `You wrote: “${truncate(message)}”`,
    ...(images > 0 ? [`You sent ${formatCount(images, "image")}, which I cannot see.`] : []),
    "/help lists what I can do.",
  ].join(" ");
}

/** Replies with the results of the latest tool calls. */
export function replyFromResults(call: ModelCall, results: readonly ToolTurn[]): string {
  const calls = call.turns.flatMap(getCalls);
  const lines = results.map((result) => {
    const name = calls.findLast(({ id }) => id === result.callId)?.name ?? result.callId;
    const images = countImages(result);
    return `${name} returned: ${truncate(readTurnText(result))}${images > 0 ? ` (${formatCount(images, "image")})` : ""}`;
  });
  return lines.join("\n");
}

function replyFromMemory(memory: Memory, message: string): string | undefined {
  if (/\bsummar(?:y|i[sz]e)\b/i.test(message) && memory.messages.length > 0) {
    return formatList("The user said:", memory.messages);
  }
  if (/\bwhat (?:did i ask you to|do you|should you) remember\b/i.test(message)) {
    return formatList("You asked me to remember:", memory.notes);
  }
  if (/\bwhat (?:did|have) i (?:say|said|write|written|tell|told|ask)\b/i.test(message)) {
    return formatList("You said:", memory.messages);
  }
  if (!/\b(?:what|who|where|when|which|how|remember|know|tell me|remind me)\b/i.test(message))
    return undefined;

  const statedSubjects = new Set(extractFacts(message).map(([subject]) => subject));
  const subjects = findSubjects(message).filter(
    (subject) => memory.facts.has(subject) && !statedSubjects.has(subject),
  );
  if (subjects.length > 0) {
    return subjects.map((subject) => formatFact([subject, memory.facts.get(subject) ?? ""])).join(" ");
  }
  const [, unknown] = /\bmy ([\p{L}\p{N}_'’ -]{1,40}?)(?: is| are| was)?\s*\?/iu.exec(message) ?? [];
  return unknown === undefined ? undefined : `You have not told me your ${unknown}.`;
}

/** Finds every possible subject: `my` or `the`, followed by up to six words. */
function findSubjects(message: string): readonly string[] {
  const words = splitWords(message);
  const subjects = words.flatMap((word, at) =>
    word === "my" || word === "the"
      ? [1, 2, 3, 4, 5, 6].map((length) => words.slice(at, at + 1 + length).join(" "))
      : [],
  );
  return [...new Set(subjects)];
}

/** `my name`, `Ada` → `Your name is Ada.` */
function formatFact([subject, value]: readonly [string, string]): string {
  return `${subject.replace(/^my/, "Your").replace(/^the/, "The")} is ${value}.`;
}

const formatList = (title: string, lines: readonly string[]): string =>
  lines.length === 0
    ? `${title} nothing yet.`
    : [title, ...lines.map((line) => `- ${truncate(line)}`)].join("\n");

const formatCount = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`;

const stripQuotes = (text: string): string =>
  /^(["'“])([^"'“”]*)["'”][.!]?$/s.exec(text.trim())?.[2] ?? text.trim();

function truncate(text: string): string {
  const trimmed = text.trim();
  return trimmed.length <= maxQuotedCharacters ? trimmed : `${trimmed.slice(0, maxQuotedCharacters)}…`;
}
