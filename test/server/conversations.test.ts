/** Conversations of OpenAI's API, with its SDK: items and their pages, responses, agents, credentials, other APIs. */
import type OpenAI from "openai";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { calls, ends, fails, says, type ScriptStep } from "../../contracts/examples/script.ts";
import type { ModelCall } from "../../server/agent/types.ts";
import { readConversation } from "../support/clients/agents-runner.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import { createKey, request } from "../support/gateway/keys.ts";
import { postChat, startTestGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { createGatedModel, createModelSequence } from "../support/providers/scripted-model.ts";

const config: ConfigInput = {
  gateway: { http: { endpoints: { responses: { enabled: true }, chatCompletions: { enabled: true } } } },
  agents: { list: [{ id: "main" }, { id: "coder" }] },
};

interface Fixture {
  readonly gateway: TestGateway;
  readonly client: OpenAI;
  readonly modelCalls: readonly ModelCall[];
}

async function start(...scripts: readonly (readonly ScriptStep[])[]): Promise<Fixture> {
  const { model, modelCalls } = createModelSequence(...scripts);
  const gateway = await startTestGateway({ config, model });
  return { gateway, client: createOpenAIClient(gateway), modelCalls };
}

const user = (content: string): OpenAI.Responses.EasyInputMessage => ({ role: "user", content });

/** Returns the text of each item, its output or the name of its call. */
function describeItem(item: OpenAI.Conversations.ConversationItem): string {
  if (item.type === "message")
    return item.content.map((part) => ("text" in part ? part.text : part.type)).join("");
  if (item.type === "function_call") return `calls ${item.name}`;
  return item.type === "function_call_output" ? `returns ${JSON.stringify(item.output)}` : item.type;
}

async function listTexts(client: OpenAI, id: string, limit?: number): Promise<readonly string[]> {
  const items = await Array.fromAsync(
    client.conversations.items.list(id, { order: "asc", ...(limit !== undefined && { limit }) }),
  );
  return items.map(describeItem);
}

/** Resolves to the status, code and field of the error. */
const getError = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    ({ status, code, param }: InstanceType<typeof OpenAI.APIError>) => [status, code, param],
  );

test("responses continue a conversation, whole and streamed, and their items are added in order", async () => {
  const { client, modelCalls } = await start([says("Hello Ada.")], [says("Ada.")]);
  const { id } = await client.conversations.create({ items: [user("My name is Ada.")] });
  const first = await client.responses.create({ model: "openclaw", input: "Greet me.", conversation: id });
  expect(first.conversation).toEqual({ id });
  const stream = client.responses.stream({ model: "openclaw", input: "My name?", conversation: { id } });
  const created: unknown[] = [];
  stream.on("response.created", ({ response }) => void created.push(response.conversation));
  const second = await stream.finalResponse();

  expect(created).toEqual([{ id }]);
  expect(modelCalls.map(readConversation)).toEqual([
    ["My name is Ada.", "Greet me."],
    ["My name is Ada.", "Greet me.", "Hello Ada.", "My name?"],
  ]);
  expect(await listTexts(client, id)).toEqual([
    "My name is Ada.",
    "Greet me.",
    "Hello Ada.",
    "My name?",
    "Ada.",
  ]);
  const { data } = await client.conversations.items.list(id, { limit: 1 });
  expect(data[0]?.id).toBe(second.output[0]?.id);
});

test("pages go both ways, and an unknown position is rejected", async () => {
  const { client } = await start();
  const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`);
  const { id } = await client.conversations.create({ items: texts.map(user) });
  await client.conversations.items.create(id, { items: texts.map(user) });
  const all = [...texts, ...texts];
  for (const limit of [1, 7, 40, 100]) expect(await listTexts(client, id, limit)).toEqual(all);
  const newestFirst = await Array.fromAsync(client.conversations.items.list(id, { limit: 9 }));
  expect(newestFirst.map(describeItem)).toEqual(all.toReversed());
  expect(new Set(newestFirst.map((item) => item.id)).size).toBe(40);
  expect(await getError(client.conversations.items.list(id, { after: "msg_none" }))).toEqual([
    400,
    "invalid_value",
    "after",
  ]);
  expect(await getError(client.conversations.create({ items: [...texts, "more"].map(user) }))).toEqual([
    400,
    "invalid_value",
    "items",
  ]);
});

test("a conversation is created without a body, and its metadata is replaced", async () => {
  const { client, gateway } = await start();
  const { authorization } = { authorization: `Bearer ${client.apiKey}` };
  const response = await fetch(`${gateway.url}/v1/conversations`, {
    method: "POST",
    headers: { authorization },
  });
  const created = (await response.json()) as OpenAI.Conversations.Conversation;
  expect(created).toMatchObject({ object: "conversation", metadata: {} });
  const { id } = created;
  const metadata = { topic: "demo" };
  expect((await client.conversations.update(id, { metadata })).metadata).toEqual(metadata);
  expect((await client.conversations.retrieve(id)).metadata).toEqual(metadata);
  expect((await client.conversations.update(id, { metadata: null })).metadata).toEqual({});
  const tooMany = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`key${index}`, ""]));
  expect(await getError(client.conversations.update(id, { metadata: tooMany }))).toEqual([
    400,
    "invalid_value",
    "metadata",
  ]);
});

test("instructions of a conversation stay, a function call goes on with its output alone", async () => {
  const { client, modelCalls } = await start([calls("call_1", "look", "{}")], [says("Rain.")]);
  const tools = [{ type: "function", name: "look", parameters: {}, strict: false }] as const;
  const { id } = await client.conversations.create({ items: [{ role: "developer", content: "Be brief." }] });
  const request = { model: "openclaw", conversation: id, tools: [...tools] };
  await client.responses.create({ ...request, input: "Weather?" });
  const output = { type: "function_call_output", call_id: "call_1", output: "rain" } as const;
  await client.responses.create({ ...request, input: [output] });
  expect(modelCalls.map(readConversation)).toEqual([
    ["Be brief.", "Weather?"],
    ["Be brief.", "Weather?", "calls look", "rain"],
  ]);
  expect(await listTexts(client, id)).toEqual([
    "Be brief.",
    "Weather?",
    "calls look",
    'returns "rain"',
    "Rain.",
  ]);
  expect(
    await getError(client.responses.create({ ...request, input: [{ ...output, call_id: "call_9" }] })),
  ).toEqual([400, "unknown_tool_call_id", "input[0].call_id"]);
});

test("a deleted item is gone for the caller and the model, the others keep their ids", async () => {
  const { client, modelCalls, gateway } = await start([says("one"), ends({ input: 1, output: 1 })]);
  const { id } = await client.conversations.create({ items: [user("a"), user("b")] });
  await client.responses.create({ model: "openclaw", input: "c", conversation: id });
  const before = await Array.fromAsync(client.conversations.items.list(id, { order: "asc" }));
  for (const item of [before[1], before[3]]) {
    const conversation = await client.conversations.items.delete(item?.id ?? "", { conversation_id: id });
    expect(conversation).toMatchObject({ id, object: "conversation" });
  }
  const after = await Array.fromAsync(client.conversations.items.list(id, { order: "asc" }));
  expect(after).toEqual([before[0], before[2]]);
  expect(
    await getError(client.conversations.items.retrieve(before[1]?.id ?? "", { conversation_id: id })),
  ).toEqual([404, "item_not_found", "item_id"]);
  await client.responses.create({ model: "openclaw", input: "d", conversation: id });
  expect(readConversation(modelCalls[1] as ModelCall)).toEqual(["a", "c", "d"]);
  const key = `agent:main:conv:${id}`;
  const history = await fetch(`${gateway.url}/sessions/${key}/history`, {
    headers: { authorization: `Bearer ${client.apiKey}` },
  });
  const { messages } = (await history.json()) as { messages: { content: { text: string }[] }[] };
  expect(messages.map(({ content }) => content[0]?.text)).toEqual(["a", "c", "d", "one"]);
});

test("a failed response adds nothing, and neither does one that is cancelled", async () => {
  const { client, modelCalls } = await start(
    [says("par"), fails("upstream_error", "broken")],
    [says("whole")],
  );
  const { id } = await client.conversations.create();
  const request = { model: "openclaw", input: "hi", conversation: id };
  expect(await getError(client.responses.create(request))).toEqual([502, "upstream_error", null]);
  expect(await listTexts(client, id)).toEqual([]);
  await client.responses.create(request);
  expect(readConversation(modelCalls.at(-1) as ModelCall)).toEqual(["hi"]);
  expect(await listTexts(client, id)).toEqual(["hi", "whole"]);
});

test("a background response is added when it has ended, and a second request waits for its turn", async () => {
  const gated = createGatedModel();
  const gateway = await startTestGateway({ config, model: gated.model });
  const client = createOpenAIClient(gateway);
  const { id } = await client.conversations.create();
  const request = { model: "openclaw", conversation: id };
  const first = await client.responses.create({ ...request, input: "first", background: true });
  await gated.waitForCall();
  const second = client.responses.create({ ...request, input: "second" });
  const added = client.conversations.items.create(id, { items: [user("third")] });
  gated.emit({ type: "text", text: "one" });
  gated.emit({ type: "finish", reason: "stop" });
  gated.emit({ type: "text", text: "two" });
  gated.emit({ type: "finish", reason: "stop" });
  await Promise.all([second, added]);
  expect((await client.responses.retrieve(first.id)).status).toBe("completed");
  const texts = await listTexts(client, id);
  expect(texts.slice(0, 2)).toEqual(["first", "one"]);
  expect(texts.slice(2).toSorted()).toEqual(["second", "third", "two"]);
});

test("the agent of the first response keeps the conversation, which is a session for chat too", async () => {
  const { client, gateway, modelCalls } = await start([says("one")], [says("two")], [says("three")]);
  const { id } = await client.conversations.create();
  const request = { input: "hi", conversation: id };
  await client.responses.create({ ...request, model: "openclaw:coder" });
  expect(await getError(client.responses.create({ ...request, model: "openclaw:main" }))).toEqual([
    400,
    "invalid_session_key",
    "conversation",
  ]);
  const key = `agent:coder:conv:${id}`;
  const chat = await postChat(
    gateway.url,
    { model: "openclaw:coder", messages: [{ role: "user", content: "by chat" }] },
    { headers: { "x-openclaw-session-key": key } },
  );
  expect(chat.status).toBe(200);
  await client.responses.create({ ...request, input: "again" });
  expect(readConversation(modelCalls[2] as ModelCall)).toEqual(["hi", "one", "by chat", "two", "again"]);
  expect(await listTexts(client, id)).toEqual(["hi", "one", "by chat", "two", "again", "three"]);

  const sessions = await fetch(`${gateway.url}/sessions`, {
    headers: { authorization: `Bearer ${client.apiKey}` },
  });
  expect(await sessions.json()).toMatchObject({ sessions: [{ sessionKey: key, agentId: "coder" }] });
  await client.conversations.delete(id);
  expect(await getError(client.responses.create(request))).toEqual([
    404,
    "conversation_not_found",
    "conversation",
  ]);
});

test("a response names its conversation, also when a session key or the previous response selects it", async () => {
  const { client } = await start([says("one")], [says("two")], [says("three")], [says("four")]);
  const { id } = await client.conversations.create();
  const request = { model: "openclaw", input: "hi" };
  const first = await client.responses.create({ ...request, conversation: id });
  const next = await client.responses.create({ ...request, input: "more", previous_response_id: first.id });
  const headers = { "x-openclaw-session-key": `agent:main:conv:${id}` };
  const byKey = await client.responses.create({ ...request, input: "by key" }, { headers });
  expect([first, next, byKey].map(({ conversation }) => conversation)).toEqual([{ id }, { id }, { id }]);
  expect(await client.responses.retrieve(byKey.id)).toMatchObject({ conversation: { id } });
  expect(await listTexts(client, id)).toEqual(["hi", "one", "more", "two", "by key", "three"]);
  const alone = await client.responses.create(request);
  expect(alone.conversation ?? null).toBeNull();
});

test("`conv:` is reserved: a session of that name is a conversation that exists, or none", async () => {
  const { gateway } = await start([says("hi")]);
  const send = async (key: string): Promise<unknown> => {
    const body = { model: "openclaw", messages: [user("hi")] };
    const response = await postChat(gateway.url, body, { headers: { "x-openclaw-session-key": key } });
    return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
  };
  expect(await send("conv:mine")).toEqual([400, "invalid_session_key"]);
  expect(await send("agent:main:CONV:conv_1")).toEqual([400, "invalid_session_key"]);
  expect(await send("agent:main:conv:conv_1")).toEqual([404, "session_not_found"]);
});

test("a request names one conversation only, and input tokens count its items", async () => {
  const { client } = await start([says("hi")]);
  const { id } = await client.conversations.create({ items: [user("a long story ".repeat(100))] });
  const both = { model: "openclaw", input: "hi", conversation: id, previous_response_id: "resp_1" };
  expect(await getError(client.responses.create(both))).toEqual([
    400,
    "invalid_value",
    "previous_response_id",
  ]);
  const headers = { "x-openclaw-session-key": "trip" };
  const request = { model: "openclaw", input: "hi", conversation: id };
  expect(await getError(client.responses.create(request, { headers }))).toEqual([
    400,
    "invalid_value",
    "conversation",
  ]);
  const count = async (conversation: string | null = null): Promise<number> =>
    (await client.responses.inputTokens.count({ model: "openclaw", input: "hi", conversation })).input_tokens;
  expect((await count(id)) - (await count())).toBeGreaterThan(200);
});

test("a reference names an item of any conversation of the credential, by its id alone", async () => {
  const { gateway, client, modelCalls } = await start([says("Yes.")]);
  const conversation = await client.conversations.create({ items: [user("The code is 7.")] });
  const { data: added } = await client.conversations.items.create(conversation.id, {
    items: [user("The key is under the mat.")],
  });
  const { data: created } = await client.conversations.items.list(conversation.id, {
    order: "asc",
    limit: 1,
  });
  const [code = "", key = ""] = [created, added].map(([item]) => item?.id);
  const refer = (id: string): OpenAI.Responses.ResponseInputItem => ({ type: "item_reference", id });
  const ask = (caller: OpenAI, id: string, rest: object = {}): Promise<OpenAI.Responses.Response> =>
    caller.responses.create({ model: "openclaw", input: [refer(id), user("What?")], ...rest });
  await ask(client, key);
  expect(modelCalls.map(readConversation)).toEqual([["The key is under the mat.", "What?"]]);

  const other = await client.conversations.create({ items: [refer(code)] });
  expect(await listTexts(client, other.id)).toEqual(["The code is 7."]);
  const { output } = await ask(client, key, { conversation: other.id, store: false });
  await ask(client, output[0]?.id ?? "", { conversation: other.id });
  expect(readConversation(modelCalls.at(-1) as ModelCall).slice(-2)).toEqual(["Yes.", "What?"]);

  const notFound = [400, "invalid_value", "input[0].id"];
  const ada = createOpenAIClient(gateway, { apiKey: await createKey(gateway, "ada") });
  expect(await getError(ask(ada, code))).toEqual(notFound);
  // No response with this id is stored: only its own conversation has the item.
  expect(await getError(ask(client, output[0]?.id ?? ""))).toEqual(notFound);
  await client.conversations.items.delete(key, { conversation_id: conversation.id });
  expect(await getError(ask(client, key))).toEqual(notFound);
  await client.conversations.delete(conversation.id);
  expect(await getError(ask(client, code))).toEqual(notFound);
});

test("tools and settings of a conversation's items apply to its later responses, until the item is deleted", async () => {
  const { gateway, client, modelCalls } = await start([says("Yes.")]);
  const bring = (...names: readonly string[]) => ({
    type: "additional_tools",
    role: "developer",
    tools: names.map((name) => ({ type: "function", name })),
  });
  const post = async (path: string, body: object): Promise<{ readonly id: string }> =>
    (await request(gateway, path, { method: "POST", body })).json() as Promise<{ readonly id: string }>;
  const update = { type: "configuration_update", reasoning: { effort: "high" } };
  const { id } = await post("/v1/conversations", { items: [bring("find_a"), user("Hi."), update] });
  const ask = async (...items: readonly object[]): Promise<unknown> => {
    await post("/v1/responses", { conversation: id, input: [...items, user("Go on.")] });
    const { thinking, tools = [] } = modelCalls.at(-1) ?? {};
    return [thinking, ...tools.map(({ name }) => name).filter((name) => name.startsWith("find"))];
  };
  expect(await ask()).toEqual(["high", "find_a"]);
  expect(await ask(bring("find_b"))).toEqual(["high", "find_a", "find_b"]);
  await post(`/v1/conversations/${id}/items`, { items: [bring("find_c")] });
  expect(await ask()).toEqual(["high", "find_a", "find_b", "find_c"]);
  const items = await Array.fromAsync(client.conversations.items.list(id, { order: "asc" }));
  const settings = items.filter(({ type }) => /^(additional_tools|configuration_update)$/.test(type));
  expect(settings).toHaveLength(4);
  for (const { id: itemId } of settings.slice(0, 2))
    await client.conversations.items.delete(itemId ?? "", { conversation_id: id });
  expect(await ask()).toEqual([undefined, "find_b", "find_c"]);
});
