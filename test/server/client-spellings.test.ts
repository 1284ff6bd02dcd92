/** What clients of OpenClaw and of other APIs send in their own spelling. */
import { request as sendRequest, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import type { ConfigInput } from "../../contracts/config/config.ts";
import type { Endpoint } from "../../contracts/endpoint.ts";
import { says } from "../../contracts/examples/script.ts";
import { endpoints } from "../../contracts/index.ts";
import {
  chatConfig,
  responsesConfig,
  startTestGateway,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import { createKey, request } from "../support/gateway/keys.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import { openTestSocket, toWebSocketUrl } from "../support/sockets/socket.ts";

const withHttp = (http: object): ConfigInput => ({
  gateway: { http: { endpoints: { chatCompletions: { enabled: true } }, ...http } },
  agents: { list: [{ id: "main" }, { id: "coder" }] },
});

test("a model is found by every spelling of its name, with a slash as it is", async () => {
  const gateway = await startTestGateway({
    config: withHttp({ modelAliases: { "team/gpt": "openclaw:coder" } }),
  });
  for (const id of [
    "openclaw",
    "openclaw/default",
    "openclaw/coder",
    "openclaw%2Fcoder",
    "agent:coder",
    "team/gpt",
  ]) {
    const response = await request(gateway, `/v1/models/${id}`);
    expect([id, response.status, await response.json()]).toMatchObject([
      id,
      200,
      { id: decodeURIComponent(id) },
    ]);
  }
  for (const id of ["openclaw/nobody", "a/b/c", "openclaw/default//"])
    expect([id, (await request(gateway, `/v1/models/${id}`)).status]).toEqual([id, 404]);
});

test.each([
  ["colon", ["openclaw", "openclaw:main", "openclaw:coder"]],
  ["slash", ["openclaw", "openclaw/default", "openclaw/main", "openclaw/coder"]],
  [
    "both",
    ["openclaw", "openclaw:main", "openclaw:coder", "openclaw/default", "openclaw/main", "openclaw/coder"],
  ],
] as const)("gateway.http.modelList %s decides how the list writes the agents", async (modelList, ids) => {
  const gateway = await startTestGateway({ config: withHttp({ modelList }) });
  const { data } = (await (await request(gateway, "/v1/models")).json()) as { data: { id: string }[] };
  expect(data.map(({ id }) => id)).toEqual(ids);
});

async function getModels(gateway: TestGateway, headers: Record<string, string | string[]>) {
  const [response] = (await once(sendRequest(`${gateway.url}/v1/models`, { headers }).end(), "response")) as [
    IncomingMessage,
  ];
  const body = JSON.parse(Buffer.concat(await response.toArray()).toString()) as {
    error?: { code: string; message: string; param: string };
  };
  return { status: response.statusCode, ...body.error };
}

test("x-api-key and api-key are the credential in other APIs' spelling", async () => {
  const gateway = await startTestGateway();
  const authorization = `Bearer ${token}`;
  const basic = { authorization: "Basic cHJveHk6cHJveHk=" };
  const anthropic = { "anthropic-version": "2023-06-01" };
  for (const headers of [
    { "x-api-key": token },
    { "api-key": token },
    { "x-api-key": token, "api-key": token, authorization },
    { ...basic, "x-api-key": token },
    { ...anthropic, authorization: "Bearer another", "x-api-key": token },
  ])
    expect([headers, await getModels(gateway, headers)]).toMatchObject([headers, { status: 200 }]);

  expect(await getModels(gateway, { authorization, "x-api-key": "another" })).toMatchObject({
    status: 400,
    code: "invalid_request",
    param: "x-api-key",
    message: "authorization and x-api-key have different credentials; send one of them.",
  });
  expect(await getModels(gateway, { "x-api-key": [token, token] })).toMatchObject({ status: 400 });
  expect(await getModels(gateway, { "x-api-key": "wrong" })).toMatchObject({ status: 401 });
  expect(await getModels(gateway, { ...anthropic, authorization, "x-api-key": "wrong" })).toMatchObject({
    status: 401,
  });

  const socket = await openTestSocket(gateway.url, { headers: { "x-api-key": token } });
  const client = { id: "test", version: "1", platform: "linux", mode: "test" };
  expect(await socket.call("connect", { minProtocol: 4, maxProtocol: 4, client })).toMatchObject({
    ok: true,
  });
});

test("an image may be its URL alone, a result may be null, and a schema needs no name", async () => {
  const { model, modelCalls } = createModelSequence([says("Seen.")]);
  const gateway = await startTestGateway({ config: chatConfig, model });
  const pixel =
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const call = { id: "a", type: "function", function: { name: "look", arguments: "{}" } };
  const body = {
    model: "openclaw",
    messages: [
      { role: "user", content: [{ type: "image_url", image_url: pixel }] },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "a", content: null },
    ],
    response_format: { type: "json_schema", json_schema: { schema: { type: "object" } } },
  };
  expect((await request(gateway, "/v1/chat/completions", { body })).status).toBe(200);
  expect(modelCalls[0]).toMatchObject({
    turns: [
      { role: "user", content: [{ type: "image", mediaType: "image/png" }] },
      { role: "assistant" },
      { role: "tool", callId: "a" },
    ],
    responseFormat: { name: "response" },
  });
});

test("a 401 names a header that seems to have the credential", async () => {
  const gateway = await startTestGateway();
  for (const name of ["x-goog-api-key", "x-openclaw-token", "x-auth-token"]) {
    const { status, message } = await getModels(gateway, { [name]: token });
    expect([status, message]).toEqual([
      401,
      `The header ${name} is not read as a credential. Send the gateway's token or password, or a key, as \`Authorization: Bearer <secret>\`.`,
    ]);
  }
});

test("x-openclaw-model: the shared secret may name any model of a configured provider, a key only those of the agent", async () => {
  const config: ConfigInput = {
    ...chatConfig,
    models: { providers: { other: { baseUrl: "http://127.0.0.1:1/v1" } } },
    agents: { defaults: { models: { "builtin/assistant": {} } } },
  };
  const gateway = await startTestGateway({ config });
  const body = { model: "openclaw", messages: [{ role: "user", content: "say hi" }] };
  const ask = async (model: string, secret = token): Promise<[number, string | undefined]> => {
    const headers = { "x-openclaw-model": model };
    const response = await request(gateway, "/v1/chat/completions", { secret, body, headers });
    const { error } = (await response.json()) as { error?: { code: string } };
    return [response.status, error?.code];
  };
  const secret = await createKey(gateway, "ada");
  expect(await ask("other/anything")).toEqual([502, "upstream_unreachable"]);
  expect(await ask("other/anything", secret)).toEqual([404, "model_not_found"]);
  expect(await ask("builtin/assistant", secret)).toEqual([200, undefined]);
  for (const unknown of ["nobody/x", "other/", "other", "builtin/nothing"])
    expect([unknown, ...(await ask(unknown))]).toEqual([unknown, 404, "model_not_found"]);
});

test("POST /sessions/{key}/kill aborts the run of a session, as /abort does", async () => {
  const gateway = await startTestGateway();
  const body = { model: "openclaw", messages: [{ role: "user", content: "say hi" }] };
  await request(gateway, "/v1/chat/completions", { body, headers: { "x-openclaw-session-key": "trip" } });
  const response = await request(gateway, "/sessions/trip/kill", { method: "POST" });
  expect(await response.json()).toEqual({ ok: true, sessionKey: "agent:main:trip", aborted: false });
});

test("idempotencyKey in the body of /tools/invoke is the header's value", async () => {
  const gateway = await startTestGateway();
  const invoke = (
    idempotencyKey: string,
    headers: Record<string, string> = {},
    args = {},
  ): Promise<Response> =>
    request(gateway, "/tools/invoke", { body: { tool: "sessions_list", args, idempotencyKey }, headers });
  const first = await invoke("k1");
  const second = await invoke("k1", { "idempotency-key": "k1" });
  expect(first.headers.get("idempotency-replayed")).toBe(null);
  expect(second.headers.get("idempotency-replayed")).toBe("true");
  expect(await second.json()).toEqual(await first.json());
  expect((await invoke("k1", {}, { limit: 1 })).status).toBe(422);
  const differing = await invoke("k1", { "idempotency-key": "k2" });
  expect(await differing.json()).toMatchObject({
    error: { code: "invalid_request", param: "idempotencyKey" },
  });
  expect(await (await invoke("with space")).json()).toMatchObject({ error: { param: "idempotencyKey" } });
});

test("showToolsAsThinking shows the agent's own tools in reasoning_content, whole and streamed", async () => {
  const { model } = createModelSequence(
    [{ call: { id: "c1", name: "sessions_list", fragments: ["{}"] } }],
    [says("None.")],
  );
  const gateway = await startTestGateway({
    config: withHttp({ showToolsAsThinking: true }),
    model: (call, signal) => model(call, signal),
  });
  const ask = async (stream: boolean): Promise<string> => {
    const body = { model: "openclaw", stream, messages: [{ role: "user", content: "Which?" }] };
    return (await request(gateway, "/v1/chat/completions", { body })).text();
  };
  const reply = JSON.parse(await ask(false)) as {
    choices: [{ message: { content: string; reasoning_content: string } }];
  };
  expect(reply.choices[0].message).toMatchObject({
    content: "None.",
    reasoning_content: expect.stringMatching(/^\n\nsessions_list \{\}\n\n\n\nsessions_list returned: /),
  });

  const stream = await startTestGateway({
    config: withHttp({ showToolsAsThinking: true }),
    model: createModelSequence(
      [{ call: { id: "c1", name: "sessions_list", fragments: ["{}"] } }],
      [says("None.")],
    ).model,
  });
  const body = { model: "openclaw", stream: true, messages: [{ role: "user", content: "Which?" }] };
  const text = await (await request(stream, "/v1/chat/completions", { body })).text();
  const deltas = [...text.matchAll(/^data: (\{.*)$/gm)].map(
    ([, data = ""]) =>
      (JSON.parse(data) as { choices: [{ delta: Record<string, string> }] }).choices[0].delta,
  );
  const thinking = deltas.map((delta) => delta["reasoning_content"] ?? "").join("");
  expect(thinking).toBe(reply.choices[0].message.reasoning_content);
  expect(deltas.map((delta) => delta["content"] ?? "").join("")).toBe("None.");
  expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
});

test.for([true, false])(
  "what a client returns as reasoning_content is dropped with showToolsAsThinking: %s",
  async (isShown) => {
    const { model, modelCalls } = createModelSequence([says("Done.")]);
    const gateway = await startTestGateway({ config: withHttp({ showToolsAsThinking: isShown }), model });
    const call = { id: "c1", type: "function", function: { name: "look", arguments: "{}" } };
    const messages = [
      { role: "user", content: "Look." },
      { role: "assistant", content: null, reasoning_content: "exec ls", tool_calls: [call] },
      { role: "tool", tool_call_id: "c1", content: "seen" },
    ];
    const tools = [{ type: "function", function: { name: "look" } }];
    expect(
      (await request(gateway, "/v1/chat/completions", { body: { model: "openclaw", messages, tools } }))
        .status,
    ).toBe(200);
    expect(modelCalls[0]?.turns[1]?.content.map(({ type }) => type)).toEqual(
      isShown ? ["tool_call"] : ["thinking", "tool_call"],
    );
  },
);

test("every path may end with one slash, and not with two", async () => {
  const gateway = await startTestGateway({ config: responsesConfig });
  const describe = async (method: string, path: string): Promise<unknown> => {
    const response = await fetch(gateway.url + path, { method: method.toUpperCase() });
    const text = await response.text();
    const { error } = text.startsWith('{"error"')
      ? (JSON.parse(text) as { error: { code: string } })
      : { error: undefined };
    return { status: response.status, code: error?.code };
  };
  const operations = Object.values<Endpoint>(endpoints).filter(({ path }) => path !== "/");
  await Promise.all(
    operations.map(async ({ method, path }) => {
      const target = path.replaceAll(/\{\w+\}/g, "x");
      expect([path, await describe(method, `${target}/?x=1`)]).toEqual([
        path,
        await describe(method, `${target}?x=1`),
      ]);
    }),
  );
  expect(await describe("get", "/healthz/")).toMatchObject({ status: 200 });
  expect(await describe("get", "/healthz//")).toMatchObject({ status: 404 });
  const socket = new WebSocket(`${toWebSocketUrl(gateway.url)}/v1/responses/`, {
    headers: { authorization: `Bearer ${token}` },
  });
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
});
