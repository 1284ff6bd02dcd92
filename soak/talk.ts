/** What a caller says to the gateway, and what it is told. */
import type { ReplyOf } from "../contracts/endpoint.ts";
import type { getSessionHistory } from "../contracts/http/sessions.ts";
import { headers } from "./gateway.ts";

export interface Said {
  readonly text: string;
  readonly session?: string;
  readonly stream?: boolean;
  /** The question and the answer before it, which many clients send again. */
  readonly before?: readonly [question: string, answer: string] | undefined;
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** The answer's text; of a failure its code. */
  readonly text: string;
  /** Nothing of it is missing. */
  readonly complete: boolean;
}

/** Throws when the connection fails. */
export async function say(url: string, said: Said): Promise<Reply> {
  const { session, stream = false, idempotencyKey, signal } = said;
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: {
      ...headers,
      ...(session !== undefined && { "x-openclaw-session-key": session }),
      ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
    },
    body: chatBody(said),
    ...(signal !== undefined && { signal }),
  });
  const body = await response.text();
  const { status, ok } = response;
  const told = { status, headers: response.headers };
  if (!ok) return { ...told, text: errorCode(body), complete: false };
  if (stream) return { ...told, text: streamedText(body), complete: body.endsWith("data: [DONE]\n\n") };
  const { choices } = JSON.parse(body) as { choices: { message: { content: string | null } }[] };
  return { ...told, text: choices[0]?.message.content ?? "", complete: true };
}

export function chatBody({ text, stream = false, before }: Said): string {
  const [question, answer] = before ?? [];
  const messages = [
    ...(question === undefined ? [] : [{ role: "user", content: question }]),
    ...(answer === undefined ? [] : [{ role: "assistant", content: answer }]),
    { role: "user", content: text },
  ];
  return JSON.stringify({ model: "openclaw", stream, messages });
}

function errorCode(body: string): string {
  try {
    return (JSON.parse(body) as { error: { code: string } }).error.code;
  } catch {
    return body.slice(0, 200);
  }
}

function streamedText(body: string): string {
  return body
    .split("\n\n")
    .filter((frame) => frame.startsWith("data: {"))
    .map((frame) => JSON.parse(frame.slice(6)) as { choices?: { delta: { content?: string } }[] })
    .map(({ choices }) => choices?.[0]?.delta.content ?? "")
    .join("");
}

export type Message = ReplyOf<typeof getSessionHistory>["messages"][number];

/** Everything that was said in a session, from its beginning; nothing when it does not exist. */
export async function historyOf(url: string, session: string): Promise<readonly Message[]> {
  const messages: Message[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page = cursor === "" ? "" : `&cursor=${cursor}`;
    const response = await fetch(`${url}/sessions/${session}/history?limit=1000${page}`, { headers });
    if (response.status === 404) return [];
    const body = await response.text();
    if (!response.ok) throw new Error(`history of ${session}: ${response.status} ${body.slice(0, 500)}`);
    const told = JSON.parse(body) as ReplyOf<typeof getSessionHistory>;
    messages.unshift(...told.messages);
    cursor = told.nextCursor;
  }
  return messages;
}

export const textOf = ({ content }: Message): string =>
  content.map((part) => (part.type === "text" ? part.text : "")).join("");
