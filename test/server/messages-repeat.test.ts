/** A connection to `/v1/messages` that is cut: the client repeats its request, and the run is not executed twice. */
import { once } from "node:events";
import { request as sendRequest, type IncomingMessage } from "node:http";
import type Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import type { ModelStream } from "../../server/agent/types.ts";
import { messagesConfig } from "../support/clients/anthropic-client.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";

const headers = { "x-api-key": token, "content-type": "application/json" };
const longWait = { repeatWaitMs: 60_000 };

/** A gateway whose model says "One", waits for `proceed`, and says "two". */
async function start(streamTimes: { readonly repeatWaitMs: number; readonly resetWaitMs?: number }) {
  const calls: AbortSignal[] = [];
  const proceed = Promise.withResolvers<void>();
  const model: ModelStream = async function* (_call, signal) {
    calls.push(signal);
    yield { type: "text", text: "One " };
    const aborted = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => aborted.resolve());
    await Promise.race([proceed.promise, aborted.promise]);
    if (signal.aborted) return;
    yield { type: "text", text: "two." };
    yield { type: "finish", reason: "stop", usage: undefined };
  };
  const gateway = await startTestGateway({ config: messagesConfig, model, streamTimes });
  const post = (body: object, more: Readonly<Record<string, string>> = {}) =>
    fetch(`${gateway.url}/v1/messages`, {
      method: "POST",
      headers: { ...headers, ...more },
      body: JSON.stringify({ ...request, ...body }),
    });
  const countCuts = () =>
    gateway.log.filter((line) => line.includes("the connection of a run was cut")).length;
  /** Reads a stream until its first text, and cuts the connection. */
  const cut = async (body: object = {}, how: "destroy" | "resetAndDestroy" = "destroy"): Promise<void> => {
    const sent = sendRequest(`${gateway.url}/v1/messages`, { method: "POST", headers });
    sent.end(JSON.stringify({ ...request, stream: true, ...body }));
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    const hasText = Promise.withResolvers<void>();
    response
      .on("error", () => {})
      .on("data", (chunk: Buffer) => {
        if (chunk.includes("One")) hasText.resolve();
      });
    await hasText.promise;
    const before = countCuts();
    sent.socket?.[how]();
    await expect.poll(countCuts).toBe(before + 1);
  };
  return { post, cut, calls, proceed, gateway };
}

const request = {
  model: "openclaw",
  max_tokens: 100,
  messages: [{ role: "user", content: "Count." }],
} satisfies Anthropic.MessageCreateParamsNonStreaming;

const readText = async (response: Response): Promise<string> => {
  const text = await response.text();
  return text.startsWith("{")
    ? (JSON.parse(text) as Anthropic.Message).content
        .map((block) => ("text" in block ? block.text : ""))
        .join("")
    : [...text.matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, part]) => part).join("");
};

test.for([
  ["streamed", { stream: true }],
  ["whole, as Claude Code falls back", { stream: false, max_tokens: 50 }],
] as const)("the repeat gets the whole answer of the same run: %s", async ([, repeat]) => {
  const { post, cut, calls, proceed } = await start(longWait);
  await cut();
  const answer = post(repeat);
  proceed.resolve();
  expect(await readText(await answer)).toBe("One two.");
  expect(calls).toHaveLength(1);
});

test("a run that has ended meanwhile is not executed again, and it can be cut twice", async () => {
  const { post, cut, calls, proceed } = await start(longWait);
  await cut();
  await cut();
  proceed.resolve();
  await expect.poll(() => calls.length).toBe(1);
  expect(await readText(await post({ stream: true }))).toBe("One two.");
  expect(calls).toHaveLength(1);
  // The answer has arrived: the same question is a new one.
  expect(await readText(await post({ stream: true }))).toBe("One two.");
  expect(calls).toHaveLength(2);
});

test("another prompt, another credential's or agent's, and a request beside the first are runs of their own", async () => {
  const { post, cut, calls, proceed } = await start(longWait);
  const beside = post({ messages: [{ role: "user", content: "Beside." }], stream: true });
  await expect.poll(() => calls.length).toBe(1);
  const twin = post({ messages: [{ role: "user", content: "Beside." }], stream: true });
  await expect.poll(() => calls.length).toBe(2);
  await cut();
  expect(calls).toHaveLength(3);
  const other = post({ system: "Be brief.", stream: true });
  const tools = [{ name: "look", input_schema: { type: "object" } }];
  const withTools = post({ tools, stream: true });
  const agent = post({ stream: true }, { "x-openclaw-agent-id": "main" });
  await expect.poll(() => calls.length).toBe(6);
  proceed.resolve();
  for (const answer of [beside, twin, other, withTools, agent])
    expect(await readText(await answer)).toBe("One two.");
  expect(calls).toHaveLength(6);
});

test("without a repeat the run is aborted after the wait", async () => {
  const { cut, calls } = await start({ repeatWaitMs: 50 });
  await cut();
  await expect.poll(() => calls[0]?.aborted).toBe(true);
});

test("a connection that its client has reset has a wait of its own, and a repeat in time is no second run", async () => {
  const left = await start({ ...longWait, resetWaitMs: 50 });
  await left.cut({}, "resetAndDestroy");
  await expect.poll(() => left.calls[0]?.aborted).toBe(true);

  const { cut, post, calls, proceed } = await start({ repeatWaitMs: 50, resetWaitMs: 60_000 });
  await cut({}, "resetAndDestroy");
  const repeat = await post({ stream: true });
  proceed.resolve();
  expect(await readText(repeat)).toBe("One two.");
  expect(calls).toHaveLength(1);
});

test("a stop of the gateway ends a run that waits", async () => {
  const { cut, calls, gateway } = await start({ repeatWaitMs: 200 });
  await cut();
  await gateway.stop();
  expect(calls[0]?.aborted).toBe(true);
});
