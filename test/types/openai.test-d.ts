// Checked by the compiler, never run: the contract takes what OpenAI's SDK sends and sends what it takes.
import type OpenAI from "openai";
import { expectTypeOf } from "vitest";
import type { z } from "zod";
import type { EventOf, ReplyOf } from "../../contracts/endpoint.ts";
import type { createChatCompletion } from "../../contracts/http/chat/endpoint.ts";

type Chat = typeof createChatCompletion;
type ChatRequest = OpenAI.ChatCompletionCreateParams;

/** A type after JSON serialization: absent instead of undefined, and no interfaces. */
type Serialized<T> = T extends string
  ? T
  : T extends readonly (infer Item)[]
    ? Serialized<Item>[]
    : T extends object
      ? { [K in keyof T]: Serialized<Exclude<T[K], undefined>> }
      : T;

/** The SDK has no type for the tools of `allowed_tools`. */
declare const request: Serialized<Omit<ChatRequest, "tool_choice">>;
declare const reply: Serialized<ReplyOf<Chat>>;
declare const event: Serialized<EventOf<Chat>>;

request satisfies z.input<Chat["body"]>;
reply satisfies OpenAI.ChatCompletion;
event satisfies OpenAI.ChatCompletionChunk;
expectTypeOf<keyof ChatRequest>().toEqualTypeOf<keyof z.input<Chat["body"]>>();
