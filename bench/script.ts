/** What a request asks of the scripted upstream, and the requests that ask for it. */

export interface Script {
  /** Pieces of a stream. */
  readonly chunks: number;
  /** Time between two of them; 0 sends all of them at once. */
  readonly everyMs: number;
}

const question = "Say something short.";
const textOf = ({ chunks, everyMs }: Script): string => `chunks=${chunks} everyMs=${everyMs}`;

export const wholeRequest: string = chat(false, question);
export const streamRequest = (script: Script): string => chat(true, textOf(script));

/** Each user has a session. */
export const userRequest = (user: string): string => chat(false, question, { user });

/** The same of `/v1/responses`. */
export const wholeResponse: string = response(false, question);
export const streamResponse = (script: Script): string => response(true, textOf(script));

export function readScript(content: string): Script {
  const number = (name: string): number => Number(new RegExp(`${name}=(\\d+)`).exec(content)?.[1] ?? 0);
  return { chunks: number("chunks"), everyMs: number("everyMs") };
}

function chat(stream: boolean, content: string, more: object = {}): string {
  return JSON.stringify({ model: "openclaw", stream, messages: [{ role: "user", content }], ...more });
}

function response(stream: boolean, input: string): string {
  return JSON.stringify({ model: "openclaw", stream, input, store: false });
}
