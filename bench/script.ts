/** The script that a request carries to the upstream, and the requests that carry one. */

export interface Script {
  /** Number of content chunks of a stream. */
  readonly chunks: number;
  /** Milliseconds between two chunks; 0 sends all of them at once. */
  readonly everyMs: number;
}

const question = "Say something short.";
const encodeScript = ({ chunks, everyMs }: Script): string => `chunks=${chunks} everyMs=${everyMs}`;

export const unstreamedRequest: string = createChatBody(false, question);
export const createStreamRequest = (script: Script): string => createChatBody(true, encodeScript(script));

/** Each user has its own session. */
export const createUserRequest = (user: string): string => createChatBody(false, question, { user });

/** The same requests for `/v1/responses`. */
export const unstreamedResponsesRequest: string = createResponsesBody(false, question);
export const createResponsesStreamRequest = (script: Script): string =>
  createResponsesBody(true, encodeScript(script));

/** The same requests for `/v1/messages`. */
export const unstreamedMessageRequest: string = createMessageBody(false, question);
export const createMessageStreamRequest = (script: Script): string =>
  createMessageBody(true, encodeScript(script));

export function readScript(content: string): Script {
  const number = (name: string): number => Number(new RegExp(`${name}=(\\d+)`).exec(content)?.[1] ?? 0);
  return { chunks: number("chunks"), everyMs: number("everyMs") };
}

function createChatBody(stream: boolean, content: string, fields: object = {}): string {
  return JSON.stringify({ model: "openclaw", stream, messages: [{ role: "user", content }], ...fields });
}

function createMessageBody(stream: boolean, content: string): string {
  return JSON.stringify({
    model: "openclaw",
    max_tokens: 1_000,
    stream,
    messages: [{ role: "user", content }],
  });
}

function createResponsesBody(stream: boolean, input: string): string {
  return JSON.stringify({ model: "openclaw", stream, input, store: false });
}
