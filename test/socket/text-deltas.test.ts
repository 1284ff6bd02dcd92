/** The capability `text-deltas`: a connection gets only what is new, and the text so far when it has missed something. */
import { expect, onTestFinished, test } from "vitest";
import type { ModelEvent } from "../../server/agent/types.ts";
import { createGatedModel, finishEvent } from "../support/providers/scripted-model.ts";
import { createChatBody, postChat, startTestGateway } from "../support/gateway/gateway.ts";
import { connectTestSocket, type Frame, type TestSocket } from "../support/sockets/socket.ts";

const text = (words: string): ModelEvent => ({ type: "text", text: words });

interface AgentText {
  readonly stream: string;
  readonly data: { readonly text?: string; readonly delta: string };
}

const readTexts = (socket: TestSocket): readonly AgentText["data"][] =>
  (socket.eventPayloads("agent") as readonly AgentText[])
    .filter(({ stream }) => stream === "assistant")
    .map(({ data }) => data);

const hasDelta = (delta: string) => (frame: Frame) =>
  frame.event === "agent" && (frame.payload as AgentText).data.delta === delta;

test("text events have only what is new; a connection that came later gets the text so far once", async () => {
  const { model, emit } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const plain = await connectTestSocket(gateway);
  const compact = await connectTestSocket(gateway, { caps: ["text-deltas", "unknown"] });
  const reply = postChat(gateway.url, createChatBody("hello"), {
    headers: { "x-openclaw-session-key": "s" },
  });
  onTestFinished(async () => void (await reply));
  emit(text("one "));
  await compact.waitForFrame(hasDelta("one "));
  const late = await connectTestSocket(gateway, { caps: ["text-deltas"] });
  emit(text("two "));
  await late.waitForFrame(hasDelta("two "));
  emit(text("three"));
  await late.waitForFrame(hasDelta("three"));
  emit(finishEvent);
  const isFinal = (frame: Frame): boolean =>
    frame.event === "chat" && (frame.payload as { state: string }).state === "final";
  const final = (await compact.waitForFrame(isFinal)).payload;
  expect(final).toMatchObject({ message: { content: [{ text: "one two three" }] } });
  await plain.waitForFrame(isFinal);

  expect(readTexts(compact)).toEqual([{ delta: "one " }, { delta: "two " }, { delta: "three" }]);
  expect(readTexts(late)).toEqual([{ text: "one two ", delta: "two " }, { delta: "three" }]);
  expect(readTexts(plain).at(-1)).toEqual({ text: "one two three", delta: "three" });
  const deltas = (compact.eventPayloads("chat") as { state: string; message?: unknown }[]).filter(
    ({ state }) => state === "delta",
  );
  expect(deltas.length).toBeGreaterThan(0);
  expect(deltas.every(({ message }) => message === undefined)).toBe(true);
});
