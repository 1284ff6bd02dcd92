/** Scripts of the provider, in the text of a question: a unique name, then `key=value` for each option. */

export interface Script {
  /** Milliseconds before the response. */
  readonly wait?: number;
  /** Number of chunks, and the bytes of each. The default response is `createAnswer(name)`. */
  readonly chunks?: number;
  readonly size?: number;
  /** Milliseconds between two chunks. */
  readonly every?: number;
  /** 1 makes the model call a tool of the agent first. */
  readonly tool?: number;
}

export function createQuestion(name: string, script: Script = {}): string {
  return [name, ...Object.entries(script).map(([key, value]) => `${key}=${value}`)].join(" ");
}

/** A name is `session/…`. No two questions of a session may be answered concurrently. */
export function readQuestion(text: string): {
  readonly name: string;
  readonly session: string;
  readonly script: Script;
} {
  const [name = "", ...rest] = text.split(" ");
  const pairs = rest.map((pair) => pair.split("="));
  const script = Object.fromEntries(pairs.map(([key = "", value]) => [key, Number(value)]));
  return { name, session: name.split("/")[0] ?? "", script };
}

export const createAnswer = (name: string): string => `The answer to ${name}.`;
