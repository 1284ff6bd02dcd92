/** The built-in model's vocabulary: commands that say how it is to answer, faults included. */
import type { ErrorCode } from "../../../../contracts/errors.ts";
import { GatewayError } from "../../../errors.ts";
import { isJsonObject } from "./json-object.ts";
import { counting, tokensOf } from "./tokens.ts";

/** How an answer ends. */
export type Ending =
  | { readonly type: "finish"; readonly reason: "stop" | "content_filter" }
  | { readonly type: "stall" }
  | { readonly type: "cut" }
  | { readonly type: "error"; readonly error: GatewayError };

export interface RequestedCall {
  readonly name: string;
  /** JSON text of an object, as it is to be sent. */
  readonly arguments: string;
}

/** What commands ask for. What they leave open is absent, so that one command does not undo another. */
export interface Directions {
  readonly thinking?: string;
  readonly pauseMs?: number;
  readonly refusal?: string;
  readonly ending?: Ending;
  /** How many words are said before the ending. */
  readonly after?: number;
  /** What to say. */
  readonly words?: Iterable<string>;
  /** What to say when there is nothing else to say. */
  readonly fallback?: Iterable<string>;
  readonly calls?: readonly RequestedCall[];
}

interface Command {
  readonly usage: string;
  readonly meaning: string;
  /** What the command adds, with the TEXT on its own line; or what is wrong with `rest`. */
  read(rest: string): (Directions & { readonly text?: string }) | string;
}

/** What a real provider's status becomes. */
const statuses: ReadonlyMap<string, ErrorCode> = new Map([
  ["400", "upstream_rejected"],
  ["401", "upstream_auth"],
  ["403", "upstream_auth"],
  ["429", "rate_limit_exceeded"],
  ["500", "upstream_error"],
  ["502", "upstream_error"],
  ["503", "upstream_error"],
  ["529", "upstream_error"],
]);
const statusList = [...statuses.keys()].join(", ");

const done: Ending = { type: "finish", reason: "stop" };

const list: readonly Command[] = [
  {
    usage: "/help",
    meaning: "Lists these commands.",
    read: () => ({ words: tokensOf(help()) }),
  },
  {
    usage: "/length N",
    meaning: "Answers with the numbers from 1 to N.",
    read: (rest) =>
      /^\d{1,9}$/.test(rest) ? { words: counting(Number(rest)) } : "N is a whole number below a billion",
  },
  {
    usage: "/slow PAUSE [TEXT]",
    meaning: "Pauses between words, for instance 50ms or 2s.",
    read(rest) {
      const [, digits, unit, text] = /^(\d{1,6})(ms|s)(?:\s+(.*))?$/s.exec(rest) ?? [];
      if (digits === undefined) return "PAUSE is for instance 50ms or 2s";
      const pauseMs = Number(digits) * (unit === "s" ? 1000 : 1);
      return { pauseMs, fallback: counting(10), ...(text !== undefined && { text }) };
    },
  },
  {
    usage: "/think THOUGHT",
    meaning: "Thinks THOUGHT before it answers, asked for thinking or not.",
    read: (rest) =>
      rest === "" ? "THOUGHT is missing" : { thinking: rest, fallback: tokensOf("I have thought.") },
  },
  {
    usage: "/tool NAME {…}",
    meaning:
      "Calls the offered tool NAME with exactly these arguments, a JSON object on this line. Several lines are several calls. Other commands and the TEXT are for the answer after the results.",
    read(rest) {
      const [, name, json] = /^(\S+)\s*(.*)$/s.exec(rest) ?? [];
      if (name === undefined || json === undefined) return "NAME is missing";
      if (json === "") return { calls: [{ name, arguments: "{}" }] };
      if (!isJsonObject(json)) return "what follows NAME is not a JSON object";
      return { calls: [{ name, arguments: json }] };
    },
  },
  {
    usage: "/refuse [REFUSAL]",
    meaning: "Refuses: the answer is a refusal and no text.",
    read: (rest) => ({
      refusal: rest === "" ? "I refuse, as you asked me to." : rest,
      words: [],
      ending: done,
    }),
  },
  {
    usage: "/empty",
    meaning: "Finishes without a word.",
    read: () => ({ words: [], ending: done }),
  },
  {
    usage: "/filter [after N] [TEXT]",
    meaning: "Says TEXT, then finishes as a content filter does.",
    read: (rest) => ({
      fallback: counting(3),
      ...tail(rest),
      ending: { type: "finish", reason: "content_filter" },
    }),
  },
  {
    usage: "/cut [after N] [TEXT]",
    meaning: "Says TEXT, then ends without a finish, as when a connection breaks.",
    read: (rest) => ({ fallback: counting(3), ...tail(rest), ending: { type: "cut" } }),
  },
  {
    usage: "/stall [after N] [TEXT]",
    meaning: "Says TEXT, then is silent until it is aborted.",
    read: (rest) => ({ ...tail(rest), ending: { type: "stall" } }),
  },
  {
    usage: "/error STATUS [SECONDS] [after N] [TEXT]",
    meaning: `Says TEXT, then fails as a provider does with STATUS (${statusList}), SECONDS being its Retry-After.`,
    read(rest) {
      const [, status = "", seconds, text] = /^(\d+)(?:\s+(\d{1,6})(?!\S))?(?:\s+(.*))?$/s.exec(rest) ?? [];
      const code = statuses.get(status);
      if (code === undefined) return `STATUS is one of ${statusList}`;
      const error = new GatewayError(code, `The built-in model was asked to fail with status ${status}.`, {
        retryAfterSeconds: seconds === undefined ? undefined : Number(seconds),
      });
      return { ...tail(text), ending: { type: "error", error } };
    },
  },
];

/** By name, the slash included. */
export const commands: ReadonlyMap<string, Command> = new Map(
  list.map((command) => [command.usage.replace(/ .*/, ""), command]),
);

function help(): string {
  const lines = list.map(({ usage, meaning }) => `${usage} – ${meaning}`);
  return ["A message may begin with commands, one a line. What follows them is the TEXT.", ...lines].join(
    "\n",
  );
}

/** `[after N] [TEXT]`; `after N` alone says the first N numbers. */
function tail(rest = ""): Directions & { readonly text?: string } {
  const [, digits, text = ""] = /^(?:after\s+(\d{1,9})(?!\S))?\s*(.*)$/s.exec(rest) ?? [];
  return {
    ...(digits !== undefined && { after: Number(digits), fallback: counting(Number(digits)) }),
    ...(text !== "" && { text }),
  };
}
