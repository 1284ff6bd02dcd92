/** What a question asks of the scripted provider. Its text is a name of its own, then `key=value` for what is not usual. */

export interface Script {
  /** Time before the answer. */
  readonly wait?: number;
  /** Pieces of the answer, and the bytes of each; without them it is `answerTo(name)`. */
  readonly chunks?: number;
  readonly size?: number;
  /** Time between two pieces. */
  readonly every?: number;
  /** 1: a tool of the agent is called first. */
  readonly tool?: number;
}

export function question(name: string, script: Script = {}): string {
  return [name, ...Object.entries(script).map(([key, value]) => `${key}=${value}`)].join(" ");
}

/** `session/…` is a name: of one session no two questions may be answered at a time. */
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

export const answerTo = (name: string): string => `The answer to ${name}.`;
