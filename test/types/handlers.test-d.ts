// Checked by the compiler, never run: what must not compile stands under an `@ts-expect-error`.
import type { createChatCompletion } from "../../contracts/http/chat/endpoint.ts";
import type { getHealth, getReadiness } from "../../contracts/http/health.ts";
import type { EventOf } from "../../contracts/endpoint.ts";
import type { Handler, Handlers } from "../../server/http/handler.ts";

type Chunk = EventOf<typeof createChatCompletion>;
declare const chunks: AsyncIterable<Chunk>;
declare const strangers: AsyncIterable<Omit<Chunk, "object"> & { readonly object: "chat.completion" }>;
declare const handlers: Handlers;

const headers = { "cache-control": "no-store" } as const;

// Replies

export const liveResult: Handler<typeof getHealth> = () => ({
  reply: { ok: true, status: "live" },
  headers,
});

// @ts-expect-error The contract has the status `live`.
export const deadResult: Handler<typeof getHealth> = () => ({ reply: { ok: true, status: "dead" } });

// @ts-expect-error A field is missing.
export const incompleteResult: Handler<typeof getHealth> = () => ({ reply: { ok: true } });

export const stopping: Handler<typeof getReadiness> = () => ({ reply: { ready: false }, status: 503 });

// @ts-expect-error The contract has no such status.
export const teapotResult: Handler<typeof getReadiness> = () => ({ reply: { ready: false }, status: 418 });

export const probeHeaders: Handler<typeof getHealth> = () => ({
  reply: { ok: true, status: "live" },
  headers: { "cache-control": "no-store" },
});

export const wrongHeader: Handler<typeof getHealth> = () => ({
  reply: { ok: true, status: "live" },
  // @ts-expect-error The contract has no such header.
  headers: { "x-served-by": "gateway" },
});

export const wrongHeaderValue: Handler<typeof getHealth> = () => ({
  reply: { ok: true, status: "live" },
  // @ts-expect-error The contract has another value.
  headers: { "cache-control": "public" },
});

// Events

export const streamResult: Handler<typeof createChatCompletion> = () => ({ events: chunks });

// @ts-expect-error These events are not chunks.
export const wrongResult: Handler<typeof createChatCompletion> = () => ({ events: strangers });

// @ts-expect-error The endpoint has no stream.
export const unexpectedResult: Handler<typeof getHealth> = () => ({ events: chunks });

// The context of a handler

export const chatHandler: Handler<typeof createChatCompletion> = ({ body, headers, credential }) => {
  body.messages.at(0)?.role satisfies string | undefined;
  headers["x-openclaw-agent-id"] satisfies string | undefined;
  credential.name satisfies string;
  // @ts-expect-error The contract has no such field.
  void body.enable_thinking;
  return { events: chunks };
};

export const publicHandler: Handler<typeof getHealth> = ({ credential }) => {
  credential satisfies undefined;
  return { reply: { ok: true, status: "live" } };
};

// All handlers

const { getHealth: _one, ...others } = handlers;

export const all: Handlers = { ...others, getHealth: liveResult };

// @ts-expect-error A handler is missing.
export const incompleteHandlers: Handlers = others;

// @ts-expect-error A handler answers for another endpoint.
export const swappedHandlers: Handlers = { ...handlers, getHealth: handlers.getReadiness };
