/** A disconnect aborts the run and the model call at once, and is logged. */
import { APIUserAbortError } from "openai";
import { expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { createOpenAIClient, chatRequest } from "../support/clients/openai-client.ts";
import { readOutcomes } from "../support/gateway/run-log.ts";
import { createGatedModel } from "../support/providers/scripted-model.ts";

/** Much longer than a disconnect takes, and much shorter than any time limit of the gateway. */
const shortDelay = { timeout: 2_000, interval: 5 };

async function expectAborted(gateway: TestGateway, signal: AbortSignal): Promise<void> {
  await expect.poll(() => signal.aborted, shortDelay).toBe(true);
  await expect.poll(() => readOutcomes(gateway.log), shortDelay).toEqual(["aborted"]);
}

test("aborting an unstreamed request aborts the run", async () => {
  const gated = createGatedModel();
  const gateway = await startTestGateway({ model: gated.model });
  const controller = new AbortController();
  const answer = createOpenAIClient(gateway).chat.completions.create(chatRequest("hi"), {
    signal: controller.signal,
  });
  const rejection = expect(answer).rejects.toBeInstanceOf(APIUserAbortError);
  const { signal } = await gated.waitForCall();
  expect(signal.aborted).toBe(false);

  controller.abort();
  await rejection;
  await expectAborted(gateway, signal);
});

test("aborting a stream aborts the run", async () => {
  const gated = createGatedModel();
  const gateway = await startTestGateway({ model: gated.model });
  gated.emit({ type: "text", text: "one" });
  const stream = await createOpenAIClient(gateway).chat.completions.create({
    ...chatRequest("hi"),
    stream: true,
  });
  const { signal } = await gated.waitForCall();
  expect(signal.aborted).toBe(false);

  stream.controller.abort();
  await expectAborted(gateway, signal);
});

test("breaking out of a stream aborts the run", async () => {
  const gated = createGatedModel();
  const gateway = await startTestGateway({ model: gated.model });
  gated.emit({ type: "text", text: "one" });
  const stream = await createOpenAIClient(gateway).chat.completions.create({
    ...chatRequest("hi"),
    stream: true,
  });
  const { signal } = await gated.waitForCall();
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content === "one") break;
  }

  await expectAborted(gateway, signal);
});

test("aborting the stream helper aborts the run", async () => {
  const gated = createGatedModel();
  const gateway = await startTestGateway({ model: gated.model });
  gated.emit({ type: "text", text: "one" });
  const stream = createOpenAIClient(gateway).chat.completions.stream(chatRequest("hi"));
  const rejection = expect(stream.finalContent()).rejects.toBeInstanceOf(APIUserAbortError);
  await stream.emitted("content");

  stream.abort();
  await rejection;
  const { signal } = await gated.waitForCall();
  await expectAborted(gateway, signal);
});

test("a client's timeout aborts the run", async () => {
  const gated = createGatedModel();
  const gateway = await startTestGateway({ model: gated.model });
  const answer = createOpenAIClient(gateway).chat.completions.create(chatRequest("hi"), { timeout: 1_000 });

  await expect(answer).rejects.toThrow("timed out");
  const { signal } = await gated.waitForCall();
  await expectAborted(gateway, signal);
});
