/** The requests that the bench sends, and the script that a request of a stream carries to the upstream. */

export interface Script {
  /** Number of content chunks of a stream. */
  readonly chunks: number;
  /** Milliseconds between two chunks; 0 sends all of them at once. */
  readonly everyMs: number;
}

const question = "Say something short.";
const encodeScript = ({ chunks, everyMs }: Script): string => `chunks=${chunks} everyMs=${everyMs}`;

export function readScript(content: string): Script {
  const number = (name: string): number => Number(new RegExp(`${name}=(\\d+)`).exec(content)?.[1] ?? 0);
  return { chunks: number("chunks"), everyMs: number("everyMs") };
}

export const createUnstreamedRequest = (model: string): string => createChatBody(model, false, question);
export const createStreamRequest = (model: string, script: Script): string =>
  createChatBody(model, true, encodeScript(script));

/** Each user has its own session. */
export const createUserRequest = (model: string, user: string): string =>
  createChatBody(model, false, question, { user });

/** The requests of another API of the gateway. */
export interface OtherApi {
  readonly path: string;
  readonly unstreamed: string;
  readonly createStream: (script: Script) => string;
}

export const responsesApi: OtherApi = {
  path: "/v1/responses",
  unstreamed: createResponsesBody(false, question),
  createStream: (script) => createResponsesBody(true, encodeScript(script)),
};

export const messagesApi: OtherApi = {
  path: "/v1/messages",
  unstreamed: createMessageBody(false, question),
  createStream: (script) => createMessageBody(true, encodeScript(script)),
};

/**
 * What an agent sends in the middle of its work: 200 messages of 5 KB and the definitions of 40 tools. As in a
 * conversation, requests differ in their last message only.
 */
export function createAgentRequest(model: string): (number: number) => string {
  const text = "The quick brown fox jumps over the lazy dog.\n".repeat(112);
  const messages = Array.from({ length: 199 }, (_, index) => ({
    role: index % 2 === 0 ? "user" : "assistant",
    content: `${index} ${text}`,
  }));
  const body = JSON.stringify({ model, tools: Array.from({ length: 40 }, createTool), messages });
  const start = body.slice(0, body.lastIndexOf("]"));
  return (number) => `${start},{"role":"user","content":"${number} ${question}"}]}`;
}

function createTool(_: unknown, index: number): object {
  const properties = Object.fromEntries(
    ["path", "query", "limit", "encoding", "recursive", "reason"].map((name) => [
      name,
      { type: "string", description: `The ${name} that the tool uses. `.repeat(4) },
    ]),
  );
  const parameters = { type: "object", properties, required: ["path"], additionalProperties: false };
  const description = `Does number ${index} of the things that agents do. `.repeat(8);
  return { type: "function", function: { name: `tool_${index}`, description, parameters } };
}

function createChatBody(model: string, stream: boolean, content: string, fields: object = {}): string {
  return JSON.stringify({ model, stream, messages: [{ role: "user", content }], ...fields });
}

function createMessageBody(stream: boolean, content: string): string {
  const messages = [{ role: "user", content }];
  return JSON.stringify({ model: "openclaw", max_tokens: 1_000, stream, messages });
}

function createResponsesBody(stream: boolean, input: string): string {
  return JSON.stringify({ model: "openclaw", stream, input, store: false });
}
