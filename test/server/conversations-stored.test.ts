/** What lasts in conversations: through a restart, a kill and a compaction; for whom; and over the WebSocket. */
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { readConversation } from "../support/clients/agents-runner.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import { createTemporaryFolder, responsesConfig, startTestGateway } from "../support/gateway/gateway.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { callAsOperator, createKey } from "../support/gateway/keys.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import { openResponsesWebSocket } from "../support/sockets/responses-websocket.ts";

test("a killed run has added nothing, what was complete lasts", async () => {
  const first = await startGatewayProcess({ config: responsesConfig });
  const before = createOpenAIClient(first);
  const { id } = await before.conversations.create({ metadata: { topic: "names" } });
  const request = { model: "openclaw", conversation: id };
  await before.responses.create({ ...request, input: "My name is Ada." });
  const stream = await before.responses.create({ ...request, input: "/slow 1s", stream: true });
  for await (const event of stream) if (event.type === "response.output_text.delta") break;
  await first.end("SIGKILL");

  const second = await startGatewayProcess({ config: responsesConfig, stateDir: first.stateDir });
  const after = createOpenAIClient(second);
  expect((await after.conversations.retrieve(id)).metadata).toEqual({ topic: "names" });
  const { output_text: answer } = await after.responses.create({ ...request, input: "What is my name?" });
  expect(answer).toBe("Your name is Ada.");
  const items = await Array.fromAsync(after.conversations.items.list(id, { order: "asc" }));
  expect(items.map((item) => item.type === "message" && item.role)).toEqual([
    "user",
    "assistant",
    "user",
    "assistant",
  ]);
});

test("item ids are stable through a compaction, of which the model sees the summary", async () => {
  const { model, modelCalls } = createModelSequence(
    [says("one")],
    [says("two")],
    [says("a summary")],
    [says("x")],
  );
  const gateway = await startTestGateway({ config: responsesConfig, model });
  const client = createOpenAIClient(gateway);
  const { id } = await client.conversations.create();
  const ask = (input: string): Promise<unknown> =>
    client.responses.create({ model: "openclaw", input, conversation: id });
  const listIds = async (): Promise<readonly (string | null | undefined)[]> =>
    (await client.conversations.items.list(id, { order: "asc" })).data.map((item) => item.id);
  await ask("first");
  await ask("second");
  const ids = await listIds();
  const key = `agent:main:conv:${id}`;
  expect(await callAsOperator(gateway, "sessions.compact", { key, keepTokens: 3 })).toMatchObject({
    compacted: true,
  });
  expect(await listIds()).toEqual(ids);
  await client.conversations.items.delete(ids[0] ?? "", { conversation_id: id });
  await ask("third");
  expect(await listIds()).toEqual([...ids.slice(1), expect.any(String), expect.any(String)]);
  const texts = modelCalls.at(-1) && readConversation(modelCalls.at(-1) as (typeof modelCalls)[number]);
  expect(texts?.join(" ")).toContain("a summary");
  expect(texts?.join(" ")).not.toContain("first");
  expect(texts?.at(-1)).toBe("third");
});

test("a conversation belongs to its credential, and lasts through a restart of the gateway", async () => {
  const stateDir = createTemporaryFolder();
  const first = await startTestGateway({ config: responsesConfig, stateDir });
  const ada = await createKey(first, "ada");
  const bob = await createKey(first, "bob");
  const client = createOpenAIClient(first, { apiKey: ada });
  const { id } = await client.conversations.create();
  await client.responses.create({ model: "openclaw", input: "My name is Ada.", conversation: id });
  await first.stop();

  const gateway = await startTestGateway({ config: responsesConfig, stateDir });
  const others = createOpenAIClient(gateway, { apiKey: bob });
  const { data } = await createOpenAIClient(gateway, { apiKey: ada }).conversations.items.list(id);
  const itemId = data[0]?.id ?? "";
  const notFound = { status: 404, code: "conversation_not_found" };
  const params = { conversation_id: id };
  const attempts = [
    others.conversations.retrieve(id),
    others.conversations.update(id, { metadata: {} }),
    others.conversations.delete(id),
    others.conversations.items.list(id),
    others.conversations.items.create(id, { items: [{ role: "user", content: "hi" }] }),
    others.conversations.items.retrieve(itemId, params),
    others.conversations.items.delete(itemId, params),
    others.responses.create({ model: "openclaw", input: "hi", conversation: id }),
  ];
  await Promise.all(attempts.map((attempt) => expect(attempt).rejects.toMatchObject(notFound)));
  const operator = createOpenAIClient(gateway);
  const { output_text: answer } = await operator.responses.create({
    model: "openclaw",
    input: "What is my name?",
    conversation: id,
  });
  expect(answer).toBe("Your name is Ada.");
});

test("over the WebSocket a conversation is continued, and takes no input without an answer", async () => {
  const { model, modelCalls } = createModelSequence([says("one")], [says("two")]);
  const gateway = await startTestGateway({ config: responsesConfig, model });
  const client = createOpenAIClient(gateway);
  const { id } = await client.conversations.create();
  const socket = await openResponsesWebSocket(gateway.url);
  const request = { model: "openclaw", conversation: { id }, store: false };
  await socket.createAndWait({ ...request, input: "first" });
  const events = await socket.createAndWait({ ...request, input: "second" });
  expect(events.at(-1)).toMatchObject({ type: "response.completed", response: { conversation: { id } } });
  expect(modelCalls.map(readConversation)).toEqual([["first"], ["first", "one", "second"]]);
  expect((await client.conversations.items.list(id)).data).toHaveLength(4);
  const [error] = await socket.createAndWait({ ...request, input: "third", generate: false });
  expect(error).toMatchObject({ type: "error", status: 400, error: { param: "conversation" } });
});
