// Checked by the compiler, never run: what must not compile stands under an `@ts-expect-error`.
import { expectTypeOf } from "vitest";
import { z } from "zod";
import {
  endpoint,
  examplesFor,
  type EventOf,
  type ReplyOf,
  type RequestOf,
} from "../../contracts/endpoint.ts";
import { endpoints } from "../../contracts/index.ts";

const declaration = {
  method: "post",
  path: "/greet",
  tag: "Test",
  summary: "Greet",
  description: "Greets.",
  auth: "run",
} as const;

const greet = endpoint({
  ...declaration,
  id: "greet",
  body: z.object({ name: z.string() }),
  bodyLimit: "gateway.http.endpoints.chatCompletions.maxBodyBytes",
  responses: { 200: z.object({ greeting: z.string() }), 202: { description: "Later." } },
  replyHeaders: z.object({ "x-greeter": z.string().optional() }),
  events: z.object({ delta: z.string() }),
  errors: ["model_not_found"],
});

// Examples

examplesFor(greet, [
  { title: "unstreamed", request: { body: { name: "Ada" } }, reply: { greeting: "Hello Ada" } },
  { title: "streamed", request: { body: { name: "Ada" } }, events: [{ delta: "Hello" }, { delta: " Ada" }] },
  {
    title: "own error",
    request: { body: { name: "" } },
    error: { code: "model_not_found", message: "No.", param: null },
  },
  {
    title: "common error",
    request: { body: { name: "" } },
    error: { code: "invalid_json", message: "No.", param: null },
  },
]);

examplesFor(greet, [
  { title: "no body", request: { body: { name: "Bo" } }, reply: undefined, status: 202 },
  { title: "a header", request: {}, reply: { greeting: "Hi" }, replyHeaders: { "x-greeter": "Ada" } },
]);

// @ts-expect-error The contract has no such status.
examplesFor(greet, [{ title: "other status", request: {}, reply: { greeting: "Hello" }, status: 201 }]);

examplesFor(greet, [
  // @ts-expect-error The contract has no such header.
  { title: "other header", request: {}, reply: { greeting: "Hi" }, replyHeaders: { "x-greeted": "Ada" } },
]);

// @ts-expect-error The reply has no such field.
examplesFor(greet, [{ title: "stale reply", request: {}, reply: { text: "Hello" } }]);

// @ts-expect-error The reply has an extra field.
examplesFor(greet, [{ title: "long reply", request: {}, reply: { greeting: "Hello", mood: "good" } }]);

// @ts-expect-error The event's field has another type.
examplesFor(greet, [{ title: "stale event", request: {}, events: [{ delta: 1 }] }]);

examplesFor(greet, [
  // @ts-expect-error The body has no such field.
  { title: "stale body", request: { body: { who: "Ada" } }, reply: { greeting: "Hello" } },
]);

// @ts-expect-error An example has a reply, events or an error.
examplesFor(greet, [{ title: "no answer", request: { body: { name: "Ada" } } }]);

examplesFor(greet, [
  {
    title: "error of another endpoint",
    request: { body: { name: "Ada" } },
    // @ts-expect-error The contract does not list this code.
    error: { code: "session_busy", message: "No.", param: null },
  },
]);

examplesFor(endpoints.getHealth, [
  // @ts-expect-error The endpoint has no stream.
  { title: "stream", request: {}, events: [{ ok: true }] },
]);

// Contracts

// @ts-expect-error Common codes are not listed.
endpoint({ ...declaration, id: "loud", responses: { 200: z.string() }, errors: ["invalid_json"] });

endpoint({
  ...declaration,
  id: "switched",
  responses: { 200: z.string() },
  errors: [],
  // @ts-expect-error Unknown switch.
  enabledBy: ["gateway.magic"],
});

// Types inferred from a contract

expectTypeOf<ReplyOf<typeof greet, 200>>().toEqualTypeOf<{ greeting: string }>();
expectTypeOf<ReplyOf<typeof greet, 202>>().toEqualTypeOf<undefined>();
expectTypeOf<EventOf<typeof greet>>().toEqualTypeOf<{ delta: string }>();
expectTypeOf<EventOf<typeof endpoints.getHealth>>().toBeNever();
expectTypeOf<RequestOf<typeof greet>["body"]>().toEqualTypeOf<{ name: string }>();
expectTypeOf<RequestOf<typeof greet>["params"]>().toEqualTypeOf<undefined>();

// Every endpoint has its id as key.
expectTypeOf<{ [Id in keyof typeof endpoints]: (typeof endpoints)[Id]["id"] }>().toEqualTypeOf<{
  readonly [Id in keyof typeof endpoints]: Id;
}>();
