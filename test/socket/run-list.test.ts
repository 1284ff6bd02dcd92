import { expect, test } from "vitest";
import { createKey } from "../support/gateway/keys.ts";
import { chatConfig, createChatBody, postChat, startTestGateway } from "../support/gateway/gateway.ts";
import { createGatedModel, finishEvent } from "../support/providers/scripted-model.ts";
import { connectTestSocket, type TestSocket } from "../support/sockets/socket.ts";

interface ActiveRun {
  readonly runId: string;
  readonly operation: string;
  readonly startedAt?: number;
  readonly wait?: { readonly for: string; readonly ahead: number; readonly until: number };
}

const list = async (socket: TestSocket): Promise<readonly ActiveRun[]> =>
  (await socket.request<{ runs: readonly ActiveRun[] }>("runs.list")).runs;

test("runs.list has the runs of every endpoint, what each waits for, and how many go before", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({
    model,
    config: { gateway: { ...chatConfig.gateway, limits: { maxConcurrentRuns: 1, maxWaitMs: 60_000 } } },
  });
  const socket = await connectTestSocket(gateway);
  const answers = [
    postChat(gateway.url, createChatBody("a"), { headers: { "x-openclaw-session-key": "s" } }),
  ];
  await waitForCall();
  await socket.call("agent", { message: "b", sessionKey: "s", idempotencyKey: "second" });
  await socket.call("agent", { message: "c", sessionKey: "s", idempotencyKey: "third" });
  await socket.call("agent", { message: "d", sessionKey: "other", idempotencyKey: "fourth" });
  await expect.poll(async () => (await list(socket)).length).toBe(4);

  expect(await list(socket)).toEqual([
    expect.objectContaining({
      operation: "createChatCompletion",
      credential: "operator",
      sessionKey: "agent:main:s",
      startedAt: expect.any(Number),
      steps: 0,
    }),
    expect.objectContaining({
      runId: "second",
      operation: "agent",
      wait: { for: "session", ahead: 1, until: expect.any(Number) },
    }),
    expect.objectContaining({
      runId: "third",
      wait: { for: "session", ahead: 2, until: expect.any(Number) },
    }),
    expect.objectContaining({ runId: "fourth", wait: { for: "slot", ahead: 0, until: expect.any(Number) } }),
  ]);
  for (let ended = 0; ended < 4; ended += 1) emit(finishEvent);
  await Promise.all(answers);
  await expect.poll(() => list(socket)).toEqual([]);
});

test("a key sees its own runs alone", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const ada = await connectTestSocket(gateway, {
    auth: { token: await createKey(gateway, "ada") },
    scopes: ["run"],
  });
  const bob = await connectTestSocket(gateway, {
    auth: { token: await createKey(gateway, "bob") },
    scopes: ["run"],
  });
  await ada.call("agent", { message: "a", idempotencyKey: "of-ada" });
  await waitForCall();
  expect((await list(ada)).map(({ runId }) => runId)).toEqual(["of-ada"]);
  expect(await list(bob)).toEqual([]);
  emit(finishEvent);
});
