// Checked by the compiler, never run: what must not compile stands under an `@ts-expect-error`.
import type { methods } from "../../contracts/index.ts";
import { methodExamples } from "../../contracts/socket/method.ts";
import { chatAbort } from "../../contracts/socket/chat.ts";
import type { MethodHandler, MethodHandlers } from "../../server/socket/handler.ts";

type Methods = typeof methods;
declare const handlers: MethodHandlers;

// Results

export const abort: MethodHandler<Methods["chat.abort"]> = () => ({ ok: true, aborted: false, runIds: [] });

// @ts-expect-error A field is missing.
export const incompleteResult: MethodHandler<Methods["chat.abort"]> = () => ({ ok: true, aborted: false });

// @ts-expect-error The contract has no such value.
export const agentResult: MethodHandler<Methods["chat.send"]> = () => ({ runId: "r", status: "queued" });

// The context of a handler

export const agentHandler: MethodHandler<Methods["agent"]> = async ({ params, accept }) => {
  params.message satisfies string;
  params.timeout satisfies number | undefined;
  // @ts-expect-error The contract has no such parameter.
  void params.text;
  await accept({ runId: "r", status: "accepted", sessionKey: "agent:main:k", acceptedAt: 1 });
  return { runId: "r", status: "in_flight", summary: "" };
};

export const once: MethodHandler<Methods["chat.abort"]> = async ({ accept }) => {
  // @ts-expect-error The method has one response.
  await accept({ runId: "r" });
  return { ok: true, aborted: false, runIds: [] };
};

// All handlers

const { "chat.abort": _one, ...others } = handlers;

export const all: MethodHandlers = { ...others, "chat.abort": abort };

// @ts-expect-error A handler is missing.
export const incompleteHandlers: MethodHandlers = others;

// @ts-expect-error A handler answers for another method.
export const swappedHandlers: MethodHandlers = { ...handlers, "chat.abort": handlers["chat.send"] };

// Examples

methodExamples(chatAbort, [
  { title: "fine", params: { sessionKey: "k" }, result: { ok: true, aborted: false, runIds: [] } },
]);

methodExamples(chatAbort, [
  // @ts-expect-error The method has no such parameter.
  { title: "stale params", params: { key: "k" }, result: { ok: true, aborted: false, runIds: [] } },
]);

methodExamples(chatAbort, [
  {
    title: "error of another method",
    params: { sessionKey: "k" },
    // @ts-expect-error The contract does not list this code.
    error: { code: "tool_denied", message: "No." },
  },
]);
