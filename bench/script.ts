/** What a request asks of the scripted upstream, and the requests that ask for it. */

export interface Script {
  /** Pieces of a stream. */
  readonly chunks: number;
  /** Time between two of them; 0 sends all of them at once. */
  readonly everyMs: number;
}

export const wholeRequest: string = request(false, "Say something short.");

export const streamRequest = ({ chunks, everyMs }: Script): string =>
  request(true, `chunks=${chunks} everyMs=${everyMs}`);

export function readScript(content: string): Script {
  const number = (name: string): number => Number(new RegExp(`${name}=(\\d+)`).exec(content)?.[1] ?? 0);
  return { chunks: number("chunks"), everyMs: number("everyMs") };
}

function request(stream: boolean, content: string): string {
  return JSON.stringify({ model: "openclaw", stream, messages: [{ role: "user", content }] });
}
