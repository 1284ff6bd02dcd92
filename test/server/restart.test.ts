/** What survives a restart of the gateway, and how a stopping gateway treats open requests. */
import { expect, test } from "vitest";
import { createChatBody, chatConfig, postChat, startTestGateway } from "../support/gateway/gateway.ts";
import { startGatewayProcess, type GatewayProcess } from "../support/gateway/gateway-process.ts";
import { createOpenAIClient, chatRequest } from "../support/clients/openai-client.ts";
import { readOutcomes } from "../support/gateway/run-log.ts";
import { createGatedModel } from "../support/providers/scripted-model.ts";

const known = "Your name is Ada.";
const unknown = "You have not told me your name.";

const callers = {
  user: { user: "ada" },
  key: { headers: { "x-openclaw-session-key": "trip" } },
  nobody: {},
};

async function sendMessage(
  gateway: GatewayProcess,
  content: string,
  caller: keyof typeof callers,
): Promise<string | null> {
  const { headers = {}, ...body }: { user?: string; headers?: Record<string, string> } = callers[caller];
  const { completions } = createOpenAIClient(gateway).chat;
  const { choices } = await completions.create({ ...chatRequest(content), ...body }, { headers });
  return choices[0]?.message.content ?? null;
}

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  test(`stored conversations survive ${signal}, by user and by session key, and others do not`, async () => {
    const first = await startGatewayProcess();
    for (const caller of ["user", "key", "nobody"] as const)
      await sendMessage(first, "My name is Ada.", caller);
    expect(await first.end(signal)).toBe(signal === "SIGTERM" ? 0 : signal);

    const second = await startGatewayProcess({ stateDir: first.stateDir });
    expect(await sendMessage(second, "What is my name?", "user")).toBe(known);
    expect(await sendMessage(second, "What is my name?", "key")).toBe(known);
    expect(await sendMessage(second, "What is my name?", "nobody")).toBe(unknown);
  });
}

test("a session whose run was killed keeps its earlier turns", async () => {
  const first = await startGatewayProcess();
  await sendMessage(first, "My name is Ada.", "user");
  const answer = await postChat(first.url, createChatBody("/slow 1s", { user: "ada", stream: true }));
  await answer.body?.getReader().read();
  await first.end("SIGKILL");

  const second = await startGatewayProcess({ stateDir: first.stateDir });
  expect(await sendMessage(second, "What is my name?", "user")).toBe(known);
  expect(await sendMessage(second, "What did I say?", "user")).toContain("/slow 1s");
});

test("a stopping gateway finishes a stream, is not ready meanwhile, and exits with 0", async () => {
  const gateway = await startGatewayProcess();
  const answer = await postChat(gateway.url, createChatBody("/slow 100ms\n/length 30", { stream: true }));
  let isComplete = false;
  const text = answer.text().finally(() => (isComplete = true));
  const exit = gateway.end("SIGTERM");

  await expect.poll(async () => (await fetch(`${gateway.url}/readyz`)).status).toBe(503);
  const rejected = await postChat(gateway.url, createChatBody("hi"));
  expect(rejected.status).toBe(503);
  expect(await rejected.json()).toMatchObject({ error: { code: "shutting_down" } });
  expect(rejected.headers.get("retry-after")).toBe("5");
  expect(isComplete).toBe(false);

  expect(await text).toContain('"content":" 30"');
  expect(await text).toMatch(/data: \[DONE\]\n\n$/);
  expect(await exit).toBe(0);
  expect(readOutcomes([gateway.output()])).toEqual(["stop"]);
});

const shortDrain = { gateway: { ...chatConfig.gateway, limits: { drainMs: 200 } } };

test("a stream that takes longer than `drainMs` ends with an error frame and no [DONE]", async () => {
  const gateway = await startGatewayProcess({ config: shortDrain });
  const answer = await postChat(gateway.url, createChatBody("/stall after 3", { stream: true }));
  const exit = gateway.end("SIGTERM");

  const frames = (await answer.text()).trim().split("\n\n");
  expect(frames.at(-1)).toContain('"code":"shutting_down"');
  expect(frames).not.toContain("data: [DONE]");
  expect(await exit).toBe(0);
  expect(readOutcomes([gateway.output()])).toEqual(["shutting_down"]);
});

test("an unstreamed answer that takes longer than `drainMs` is a 503 that can be retried", async () => {
  const { model, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ config: shortDrain, model });
  const answer = postChat(gateway.url, createChatBody("hi"));
  const { signal } = await waitForCall();
  const stopped = gateway.stop();

  const { status, headers } = await answer;
  expect(status).toBe(503);
  expect(headers.get("x-should-retry")).toBe("true");
  expect(signal.aborted).toBe(true);
  await stopped;
});
