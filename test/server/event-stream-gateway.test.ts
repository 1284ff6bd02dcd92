import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { ModelStream } from "../../server/agent/types.ts";
import { createChatBody, chatConfig, postChat, startTestGateway, token } from "../support/gateway/gateway.ts";
import { openRawConnection, formatRequest, type RawConnection } from "../support/sockets/raw-http.ts";
import { readOutcomes } from "../support/gateway/run-log.ts";
import { finishEvent, createGatedModel } from "../support/providers/scripted-model.ts";

async function sendRawChat(url: string, body: object): Promise<RawConnection> {
  const connection = await openRawConnection(url);
  const text = JSON.stringify(body);
  const head = [
    "POST /v1/chat/completions HTTP/1.1",
    "Host: 127.0.0.1",
    `Authorization: Bearer ${token}`,
    "Content-Type: application/json",
    `Content-Length: ${text.length}`,
  ];
  connection.send(formatRequest(head, text));
  return connection;
}

test("each event can be read before the model produces the next", async () => {
  const gated = createGatedModel();
  const { url } = await startTestGateway({ model: gated.model });
  const connection = await sendRawChat(url, createChatBody("hello", { stream: true }));
  await gated.waitForCall();
  for (let i = 0; i < 10; i++) {
    gated.emit({ type: "text", text: `word ${i}` });
    await connection.waitForText(`word ${i}`);
  }
  expect(connection.received()).not.toContain("[DONE]");
  gated.emit(finishEvent);
  await connection.waitForText("[DONE]");
});

test.each([true, false])("a disconnect aborts the model at once (stream: %s)", async (stream) => {
  const gated = createGatedModel();
  const { url, log } = await startTestGateway({ model: gated.model });
  const connection = await sendRawChat(url, createChatBody("hello", { stream }));
  const { signal } = await gated.waitForCall();
  gated.emit({ type: "text", text: "a beginning" });
  if (stream) await connection.waitForText("a beginning");
  expect(signal.aborted).toBe(false);
  connection.socket.destroy();
  await expect.poll(() => signal.aborted, { interval: 10 }).toBe(true);
  await expect.poll(() => readOutcomes(log)).toEqual(["aborted"]);
});

/** A model that sends nothing until it is aborted. */
const silent: ModelStream = async function* silent(_, signal) {
  if (!signal.aborted) await once(signal, "abort");
  yield finishEvent;
};

test("callers that disconnect before the model call leave no run behind", async () => {
  const { url, log } = await startTestGateway({ model: silent });
  for (let i = 0; i < 20; i++)
    (await sendRawChat(url, createChatBody("hello", { stream: true }))).socket.destroy();
  await expect.poll(() => readOutcomes(log)).toEqual(Array(20).fill("aborted"));
});

/** A model that sends 100 kB deltas without end on request, and otherwise one word. */
const chatty: ModelStream = async function* chatty(call, signal) {
  const times = JSON.stringify(call.turns).includes("much") ? Infinity : 1;
  for (let sent = 0; sent < times && !signal.aborted; sent++) {
    yield { type: "text", text: times === 1 ? "hello" : "x".repeat(100_000) };
    await new Promise(setImmediate);
  }
  yield finishEvent;
};

test("twenty clients that never read are cut and do not affect others", async () => {
  const limits = { maxUnreadBytes: 200_000, slowReaderMs: 2_000 };
  const { url, log } = await startTestGateway({
    config: { gateway: { ...chatConfig.gateway, limits } },
    model: chatty,
  });
  const rssBefore = process.memoryUsage().rss;
  const idle = await Promise.all(
    Array.from({ length: 20 }, () => sendRawChat(url, createChatBody("much", { stream: true }))),
  );
  for (const { socket } of idle) socket.pause();
  for (let i = 0; i < 5; i++) {
    const response = await postChat(url, createChatBody("a word", { stream: true }));
    expect(await response.text()).toContain("[DONE]");
  }
  // Each stream may buffer 0.2 MB in the process, besides the kernel's buffers.
  expect(process.memoryUsage().rss - rssBefore).toBeLessThan(200_000_000);
  await expect.poll(() => readOutcomes(log).filter((outcome) => outcome === "aborted")).toHaveLength(20);
});

test("a complete response that is not read is cut too", async () => {
  const long: ModelStream = async function* long() {
    for (let i = 0; i < 200; i++) yield { type: "text", text: "x".repeat(100_000) };
    yield finishEvent;
  };
  const limits = { maxUnreadBytes: 1_000_000_000, slowReaderMs: 300, maxAnswerBytes: 0 };
  const { url, log } = await startTestGateway({
    config: { gateway: { ...chatConfig.gateway, limits } },
    model: long,
  });
  for (const stream of [true, false]) {
    const connection = await sendRawChat(url, createChatBody("hello", { stream }));
    connection.socket.pause();
    await expect.poll(() => readOutcomes(log).at(stream ? 0 : 1)).toBe("stop");
    await sleep(1_500);
    connection.socket.resume();
    await connection.closed;
    expect(connection.received()).not.toContain("[DONE]");
    expect(connection.received().length).toBeLessThan(20_000_000);
  }
});
