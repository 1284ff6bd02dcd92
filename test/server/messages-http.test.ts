/** Messages over HTTP, beside the examples: probes, unknown paths, credentials, pings, limits. */
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { messageRequest, messagesConfig } from "../support/clients/anthropic-client.ts";
import { callAsOperator, createKey } from "../support/gateway/keys.ts";
import { startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { createGatedModel, createScriptedModel, finishEvent } from "../support/providers/scripted-model.ts";
import { withMaxTokens } from "../../server/agent/models/model-middleware.ts";
import type { ModelCall, ModelStream } from "../../server/agent/types.ts";
import { createModelCall } from "../support/providers/openai-completions.ts";

const post = ({ url }: TestGateway, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": token, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

const startScripted = (): Promise<TestGateway> =>
  startTestGateway({ config: messagesConfig, model: createScriptedModel([says("Hello.")]) });

test("probes need no credential, lock nobody out, and are no page", async () => {
  const gateway = await startScripted();
  const paths = Array.from({ length: 15 }, () => ["/api/hello", "/"]).flat();
  const probes = await Promise.all(paths.map((path) => fetch(gateway.url + path, { method: "HEAD" })));
  expect(new Set(probes.map(({ status }) => status))).toEqual(new Set([200]));
  expect((await post(gateway, messageRequest("hi"))).status).toBe(200);
  const page = await fetch(gateway.url);
  expect([page.status, await page.text()]).toEqual([404, expect.stringContaining("Unknown path")]);
});

test("without the switch, every path of the API is 404 in Anthropic's shape, and probes too", async () => {
  const gateway = await startTestGateway();
  const response = await post(gateway, messageRequest("hi"));
  expect(response.status).toBe(404);
  expect(response.headers.get("request-id")).toBe(response.headers.get("x-request-id"));
  expect(await response.json()).toMatchObject({
    type: "error",
    error: { type: "not_found_error", details: { error_code: "endpoint_disabled" } },
    request_id: response.headers.get("request-id"),
  });
  expect((await fetch(`${gateway.url}/api/hello`, { method: "HEAD" })).status).toBe(404);
});

test("an unknown path and the list of models have the shape of the caller's API", async () => {
  const gateway = await startScripted();
  const get = async (path: string, headers: Record<string, string>): Promise<unknown> =>
    (await fetch(gateway.url + path, { headers: { authorization: `Bearer ${token}`, ...headers } })).json();
  const anthropic = { "anthropic-version": "2026-10-21", "x-api-key": token };
  expect(await get("/v1/skills", anthropic)).toMatchObject({
    type: "error",
    error: { type: "not_found_error" },
  });
  expect(await get("/v1/skills", {})).toMatchObject({ error: { code: "not_found" } });
  expect(await get("/v1/models/nobody", anthropic)).toMatchObject({
    type: "error",
    error: { details: { error_code: "model_not_found" } },
  });
  expect(await get("/v1/models/openclaw:nobody", {})).toMatchObject({ error: { code: "model_not_found" } });
  expect(await get("/v1/models", {})).toMatchObject({ object: "list" });
});

test.each([
  ["no JSON", "oops", 400, "invalid_json"],
  ["a wrong type", JSON.stringify({ ...messageRequest("hi"), max_tokens: "many" }), 400, "invalid_type"],
])("%s is refused in Anthropic's shape, and not to be repeated", async (_, body, status, code) => {
  const { url } = await startScripted();
  const headers = { "x-api-key": token, "content-type": "application/json" };
  const response = await fetch(`${url}/v1/messages`, { method: "POST", headers, body });
  expect([response.status, response.headers.get("x-should-retry")]).toEqual([status, "false"]);
  expect(await response.json()).toMatchObject({ type: "error", error: { details: { error_code: code } } });
});

test("a silent run begins its message with the first ping, and pings until it has an answer", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ config: messagesConfig, model, streamTimes: { pingMs: 20 } });
  const response = post(gateway, { ...messageRequest("hi"), stream: true });
  await waitForCall();
  const reader = (await response).body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const readUntil = async (part: string): Promise<void> => {
    while (!text.includes(part)) text += (await reader?.read())?.value ?? "";
  };
  await readUntil('event: ping\ndata: {"type":"ping"}\n\nevent: ping');
  emit({ type: "text", text: "Hello." });
  emit(finishEvent);
  await readUntil("event: message_stop");

  expect(text.match(/^event: \w+/gm)?.filter((name) => name !== "event: ping")).toEqual([
    "event: message_start",
    "event: content_block_start",
    "event: content_block_delta",
    "event: content_block_stop",
    "event: message_delta",
    "event: message_stop",
  ]);
});

test("a key with a limit is told what is left of it", async () => {
  const gateway = await startScripted();
  const secret = await createKey(gateway, "limited", { scopes: ["run"], requestsPerMinute: 2 });
  const read = async (): Promise<readonly unknown[]> => {
    const { status, headers } = await post(gateway, messageRequest("hi"), { "x-api-key": secret });
    return [
      status,
      headers.get("anthropic-ratelimit-requests-limit"),
      headers.get("anthropic-ratelimit-requests-remaining"),
    ];
  };
  expect(await read()).toEqual([200, "2", "1"]);
  expect(await read()).toEqual([200, "2", "0"]);
  expect(await read()).toEqual([429, "2", "0"]);
  const { headers } = await post(gateway, messageRequest("hi"));
  expect(headers.get("anthropic-ratelimit-requests-limit")).toBeNull();
});

test("names of models are agents by patterns, and `[1m]` is ignored", async () => {
  const calls: ModelCall[] = [];
  const model: ModelStream = createScriptedModel([says("Hello.")], (call) => calls.push(call));
  const gateway = await startTestGateway({
    config: {
      gateway: {
        http: {
          endpoints: { messages: { enabled: true } },
          modelAliases: { "claude-haiku-*": "openclaw:tasks", "claude-haiku-4": "openclaw:main" },
        },
      },
      agents: { list: [{ id: "main" }, { id: "tasks" }] },
    },
    model,
  });
  const agentOf = async (name: string): Promise<string | null> =>
    (await post(gateway, { ...messageRequest("hi"), model: name })).headers.get("x-openclaw-agent-id");
  expect(await agentOf("claude-haiku-5-5")).toBe("tasks");
  expect(await agentOf("claude-haiku-4")).toBe("main");
  expect(await agentOf("openclaw:tasks[1m]")).toBe("tasks");
  expect(await agentOf("claude-opus-5-5")).toBe("main");
});

test("a conversation that does not fit is refused in words that Claude Code reads", async () => {
  const gateway = await startTestGateway({
    config: {
      ...messagesConfig,
      models: {
        providers: { local: { baseUrl: "http://127.0.0.1:9", models: [{ id: "m", contextWindow: 10 }] } },
      },
      agents: { defaults: { model: "local/m" } },
    },
  });
  const response = await post(gateway, messageRequest("word ".repeat(100)));
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { message: expect.stringMatching(/prompt is too long: \d+ tokens > 10 maximum/) as string },
  });
});

test("`max_tokens` is lowered to the model's own limit", async () => {
  const limits: (number | undefined)[] = [];
  const model = withMaxTokens(async ({ maxOutputTokens }) => void limits.push(maxOutputTokens), 8_192);
  for (const maxOutputTokens of [128_000, 100, undefined])
    await model({ ...createModelCall(), maxOutputTokens }, { emit: () => {} }, new AbortController().signal);
  expect(limits).toEqual([8_192, 100, 8_192]);
});

test("the usage of Claude Code's conversation is summed up under its id, which is no session", async () => {
  const gateway = await startScripted();
  const session = { "x-claude-code-session-id": "6f1c" };
  for (const content of ["one", "two"]) await post(gateway, messageRequest(content), session);
  const usage = await callAsOperator<{ sessions: { key: string }[] }>(gateway, "sessions.usage");
  expect(usage.sessions.map(({ key }) => key)).toEqual(["agent:main:client:6f1c"]);
  expect(await callAsOperator(gateway, "sessions.list")).toMatchObject({ sessions: [] });
});
