// Checked by the compiler, never run: the contract takes what OpenAI's SDK sends and sends what it takes.
import type OpenAI from "openai";
import { expectTypeOf } from "vitest";
import type { z } from "zod";
import type { EventOf, ReplyOf } from "../../contracts/endpoint.ts";
import type { createChatCompletion } from "../../contracts/http/chat/endpoint.ts";

type Chat = typeof createChatCompletion;
type ChatRequest = OpenAI.ChatCompletionCreateParams;

/** A type as it is after the trip through JSON: absent, never undefined; no interfaces. */
type SentRequest<T> = T extends string
  ? T
  : T extends readonly (infer Item)[]
    ? SentRequest<Item>[]
    : T extends object
      ? { [K in keyof T]: SentRequest<Exclude<T[K], undefined>> }
      : T;

/** The SDK has no type for the tools of `allowed_tools`. */
declare const request: SentRequest<Omit<ChatRequest, "tool_choice">>;
declare const reply: SentRequest<ReplyOf<Chat>>;
declare const event: SentRequest<EventOf<Chat>>;

request satisfies z.input<Chat["body"]>;
reply satisfies OpenAI.ChatCompletion;
event satisfies OpenAI.ChatCompletionChunk;
expectTypeOf<keyof ChatRequest>().toEqualTypeOf<keyof z.input<Chat["body"]>>();
