/** A caller that leaves ends the run: the model is told at once, and the log says so. */
import { APIUserAbortError } from "openai";
import { expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { openaiClient, question } from "../support/openai-client.ts";
import { outcomes } from "../support/run-log.ts";
import { gatedModel } from "../support/scripted-model.ts";

/** Far more than leaving takes, and far less than any time limit of the gateway. */
const soon = { timeout: 2_000, interval: 5 };

async function expectAborted(gateway: TestGateway, signal: AbortSignal): Promise<void> {
  await expect.poll(() => signal.aborted, soon).toBe(true);
  await expect.poll(() => outcomes(gateway.log), soon).toEqual(["aborted"]);
}

test("aborting a request for a whole answer ends the run", async () => {
  const gated = gatedModel();
  const gateway = await startTestGateway({ model: gated.model });
  const controller = new AbortController();
  const answer = openaiClient(gateway).chat.completions.create(question("hi"), { signal: controller.signal });
  const refused = expect(answer).rejects.toBeInstanceOf(APIUserAbortError);
  const { signal } = await gated.called();
  expect(signal.aborted).toBe(false);

  controller.abort();
  await refused;
  await expectAborted(gateway, signal);
});

test("aborting a stream ends the run", async () => {
  const gated = gatedModel();
  const gateway = await startTestGateway({ model: gated.model });
  gated.give({ type: "text", text: "one" });
  const stream = await openaiClient(gateway).chat.completions.create({ ...question("hi"), stream: true });
  const { signal } = await gated.called();
  expect(signal.aborted).toBe(false);

  stream.controller.abort();
  await expectAborted(gateway, signal);
});

test("breaking out of a stream ends the run", async () => {
  const gated = gatedModel();
  const gateway = await startTestGateway({ model: gated.model });
  gated.give({ type: "text", text: "one" });
  const stream = await openaiClient(gateway).chat.completions.create({ ...question("hi"), stream: true });
  const { signal } = await gated.called();
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content === "one") break;
  }

  await expectAborted(gateway, signal);
});

test("aborting the stream helper ends the run", async () => {
  const gated = gatedModel();
  const gateway = await startTestGateway({ model: gated.model });
  gated.give({ type: "text", text: "one" });
  const stream = openaiClient(gateway).chat.completions.stream(question("hi"));
  const refused = expect(stream.finalContent()).rejects.toBeInstanceOf(APIUserAbortError);
  await stream.emitted("content");

  stream.abort();
  await refused;
  const { signal } = await gated.called();
  await expectAborted(gateway, signal);
});

test("a client's time-out ends the run", async () => {
  const gated = gatedModel();
  const gateway = await startTestGateway({ model: gated.model });
  const answer = openaiClient(gateway).chat.completions.create(question("hi"), { timeout: 1_000 });

  await expect(answer).rejects.toThrow("timed out");
  const { signal } = await gated.called();
  await expectAborted(gateway, signal);
});
