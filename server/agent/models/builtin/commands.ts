/** The commands of the built-in model, which choose its reply, errors included. Documented in docs/builtin-model.md. */
import type { ErrorCode } from "../../../../contracts/errors.ts";
import { GatewayError } from "../../../lib/errors.ts";
import { isJsonObject } from "../untrusted-json.ts";
import { countTo, tokenize } from "./tokens.ts";

/** How a reply ends. */
export type Ending =
  | { readonly type: "finish"; readonly reason: "stop" | "content_filter" }
  | { readonly type: "stall" }
  | { readonly type: "cut" }
  | { readonly type: "error"; readonly error: GatewayError };

export interface RequestedCall {
  readonly name: string;
  /** JSON of an object, sent unchanged. */
  readonly arguments: string;
}

/** The effect of commands. A command sets only its own fields, so that it does not undo another one. */
export interface ReplyOptions {
  readonly thinking?: string;
  readonly pauseMs?: number;
  readonly refusal?: string;
  readonly ending?: Ending;
  /** Number of words before the ending. */
  readonly wordLimit?: number;
  /** The text of the reply. */
  readonly words?: Iterable<string>;
  /** The text of the reply if there is no TEXT. */
  readonly fallback?: Iterable<string>;
  readonly calls?: readonly RequestedCall[];
}

interface Command {
  readonly usage: string;
  readonly description: string;
  /** Returns the command's effect, and the TEXT on its line; or a message if `rest` is invalid. */
  parse(rest: string): (ReplyOptions & { readonly text?: string }) | string;
}

/** Error codes by the provider's status, as for real providers. */
const errorCodesByStatus: ReadonlyMap<string, ErrorCode> = new Map([
  ["400", "upstream_rejected"],
  ["401", "upstream_auth"],
  ["403", "upstream_auth"],
  ["429", "rate_limit_exceeded"],
  ["500", "upstream_error"],
  ["502", "upstream_error"],
  ["503", "upstream_error"],
  ["529", "upstream_error"],
]);
const statusList = [...errorCodesByStatus.keys()].join(", ");

const stopEnding: Ending = { type: "finish", reason: "stop" };

const commandList: readonly Command[] = [
  {
    usage: "/help",
    description: "Lists these commands.",
    parse: () => ({ words: tokenize(formatHelp()) }),
  },
  {
    usage: "/length N",
    description: "Answers with the numbers from 1 to N.",
    parse: (rest) =>
      /^\d{1,9}$/.test(rest) ? { words: countTo(Number(rest)) } : "N is a whole number below a billion",
  },
  {
    usage: "/slow PAUSE [TEXT]",
    description: "Pauses between words, for instance 50ms or 2s.",
    parse(rest) {
      const [, digits, unit, text] = /^(\d{1,6})(ms|s)(?:\s+(.*))?$/s.exec(rest) ?? [];
      if (digits === undefined) return "PAUSE is for instance 50ms or 2s";
      const pauseMs = Number(digits) * (unit === "s" ? 1000 : 1);
      return { pauseMs, fallback: countTo(10), ...(text !== undefined && { text }) };
    },
  },
  {
    usage: "/think THOUGHT",
    description: "Thinks THOUGHT before it answers, asked for thinking or not.",
    parse: (rest) =>
      rest === "" ? "THOUGHT is missing" : { thinking: rest, fallback: tokenize("I have thought.") },
  },
  {
    usage: "/tool NAME {…}",
    description:
      "Calls the offered tool NAME with exactly these arguments, a JSON object on this line. Several lines are several calls. Other commands and the TEXT are for the answer after the results.",
    parse(rest) {
      const [, name, json] = /^(\S+)\s*(.*)$/s.exec(rest) ?? [];
      if (name === undefined || json === undefined) return "NAME is missing";
      if (json === "") return { calls: [{ name, arguments: "{}" }] };
      if (!isJsonObject(json)) return "what follows NAME is not a JSON object";
      return { calls: [{ name, arguments: json }] };
    },
  },
  {
    usage: "/refuse [REFUSAL]",
    description: "Refuses: the answer is a refusal and no text.",
    parse: (rest) => ({
      refusal: rest === "" ? "I refuse, as you asked me to." : rest,
      words: [],
      ending: stopEnding,
    }),
  },
  {
    usage: "/empty",
    description: "Finishes without a word.",
    parse: () => ({ words: [], ending: stopEnding }),
  },
  {
    usage: "/filter [after N] [TEXT]",
    description: "Says TEXT, then finishes as a content filter does.",
    parse: (rest) => ({
      fallback: countTo(3),
      ...parseTail(rest),
      ending: { type: "finish", reason: "content_filter" },
    }),
  },
  {
    usage: "/cut [after N] [TEXT]",
    description: "Says TEXT, then ends without a finish, as when a connection breaks.",
    parse: (rest) => ({ fallback: countTo(3), ...parseTail(rest), ending: { type: "cut" } }),
  },
  {
    usage: "/stall [after N] [TEXT]",
    description: "Says TEXT, then is silent until it is aborted.",
    parse: (rest) => ({ ...parseTail(rest), ending: { type: "stall" } }),
  },
  {
    usage: "/error STATUS [SECONDS] [after N] [TEXT]",
    description: `Says TEXT, then fails as a provider does with STATUS (${statusList}), SECONDS being its Retry-After.`,
    parse(rest) {
      const [, status = "", seconds, text] = /^(\d+)(?:\s+(\d{1,6})(?!\S))?(?:\s+(.*))?$/s.exec(rest) ?? [];
      const code = errorCodesByStatus.get(status);
      if (code === undefined) return `STATUS is one of ${statusList}`;
      const error = new GatewayError(code, `The built-in model was asked to fail with status ${status}.`, {
        retryAfterSeconds: seconds === undefined ? undefined : Number(seconds),
      });
      return { ...parseTail(text), ending: { type: "error", error } };
    },
  },
];

/** Commands by name, including the slash. */
const commands: ReadonlyMap<string, Command> = new Map(
  commandList.map((command) => [command.usage.replace(/ .*/, ""), command]),
);

/**
 * Parses a message that begins with a command: one command a line, then the TEXT up to the end. Returns undefined for any
 * other message.
 */
export function parseCommands(message: string): ReplyOptions | undefined {
  const lines = message.trim().split("\n");
  const texts: string[] = [];
  const calls: RequestedCall[] = [];
  const options: ReplyOptions = {};
  for (const [index, line] of lines.entries()) {
    const [, name = "", rest = ""] = /^(\/[a-z]+)(?:\s+(.*))?$/s.exec(line.trim()) ?? [];
    const command = commands.get(name);
    if (command === undefined) {
      if (index === 0) return name === "" ? undefined : toComplaint(`I do not know ${name}.`);
      texts.push(lines.slice(index).join("\n"));
      break;
    }
    const parsed = command.parse(rest);
    if (typeof parsed === "string") return toComplaint(`${command.usage}: ${parsed}.`);
    const { text, calls: newCalls = [], ...newOptions } = parsed;
    if (text !== undefined) texts.push(text);
    calls.push(...newCalls);
    Object.assign(options, newOptions);
  }
  return { ...(texts.length > 0 && { words: tokenize(texts.join("\n")) }), ...options, calls };
}

const toComplaint = (problem: string): ReplyOptions => ({
  words: tokenize(`${problem} /help lists what I know.`),
});

function formatHelp(): string {
  const lines = commandList.map(({ usage, description }) => `${usage} – ${description}`);
  return ["A message may begin with commands, one a line. What follows them is the TEXT.", ...lines].join(
    "\n",
  );
}

/** Parses `[after N] [TEXT]`. Without TEXT, `after N` replies with the numbers from 1 to N. */
function parseTail(rest = ""): ReplyOptions & { readonly text?: string } {
  const [, digits, text = ""] = /^(?:after\s+(\d{1,9})(?!\S))?\s*(.*)$/s.exec(rest) ?? [];
  return {
    ...(digits !== undefined && { wordLimit: Number(digits), fallback: countTo(Number(digits)) }),
    ...(text !== "" && { text }),
  };
}
