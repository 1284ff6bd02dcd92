/** Sends a question to the gateway and reads the reply. */
import type { ReplyOf } from "../contracts/endpoint.ts";
import type { getSessionHistory } from "../contracts/http/sessions.ts";
import { headers } from "./gateway.ts";

export interface ChatQuestion {
  readonly text: string;
  readonly session?: string;
  readonly stream?: boolean;
  /** The previous question and answer, which many clients send again. */
  readonly previousTurn?: readonly [question: string, answer: string] | undefined;
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** The text of the answer, or the code of an error. */
  readonly text: string;
  /** True when the reply arrived completely. */
  readonly isComplete: boolean;
}

/** Throws when the connection fails. */
export async function say(url: string, question: ChatQuestion): Promise<Reply> {
  const { session, stream = false, idempotencyKey, signal } = question;
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: {
      ...headers,
      ...(session !== undefined && { "x-openclaw-session-key": session }),
      ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
    },
    body: createChatBody(question),
    ...(signal !== undefined && { signal }),
  });
  const body = await response.text();
  const { status, ok } = response;
  const reply = { status, headers: response.headers };
  if (!ok) return { ...reply, text: parseErrorCode(body), isComplete: false };
  if (stream) return { ...reply, text: joinStreamText(body), isComplete: body.endsWith("data: [DONE]\n\n") };
  const { choices } = JSON.parse(body) as { choices: { message: { content: string | null } }[] };
  return { ...reply, text: choices[0]?.message.content ?? "", isComplete: true };
}

export function createChatBody({ text, stream = false, previousTurn }: ChatQuestion): string {
  const [question, answer] = previousTurn ?? [];
  const messages = [
    ...(question === undefined ? [] : [{ role: "user", content: question }]),
    ...(answer === undefined ? [] : [{ role: "assistant", content: answer }]),
    { role: "user", content: text },
  ];
  return JSON.stringify({ model: "openclaw", stream, messages });
}

function parseErrorCode(body: string): string {
  try {
    return (JSON.parse(body) as { error: { code: string } }).error.code;
  } catch {
    return body.slice(0, 200);
  }
}

function joinStreamText(body: string): string {
  return body
    .split("\n\n")
    .filter((frame) => frame.startsWith("data: {"))
    .map((frame) => JSON.parse(frame.slice(6)) as { choices?: { delta: { content?: string } }[] })
    .map(({ choices }) => choices?.[0]?.delta.content ?? "")
    .join("");
}

export type Message = ReplyOf<typeof getSessionHistory>["messages"][number];

/** Resolves to all messages of a session from its beginning; none when it does not exist. */
export async function fetchHistory(url: string, session: string): Promise<readonly Message[]> {
  const messages: Message[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page = cursor === "" ? "" : `&cursor=${cursor}`;
    const response = await fetch(`${url}/sessions/${session}/history?limit=1000${page}`, { headers });
    if (response.status === 404) return [];
    const body = await response.text();
    if (!response.ok) throw new Error(`history of ${session}: ${response.status} ${body.slice(0, 500)}`);
    const historyPage = JSON.parse(body) as ReplyOf<typeof getSessionHistory>;
    messages.unshift(...historyPage.messages);
    cursor = historyPage.nextCursor;
  }
  return messages;
}

export const readMessageText = ({ content }: Message): string =>
  content.map((part) => (part.type === "text" ? part.text : "")).join("");
