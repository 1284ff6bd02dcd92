/** Hooks: programs with a token of their own start runs, and queue system events for the main session of an agent. */
import { describe, expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { ConfigError } from "../../server/lib/config-error.ts";
import {
  createChatBody,
  postChat,
  startTestGateway,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import { movedPath } from "../support/gateway/declared-answer.ts";
import { callAsOperator, createKey, request } from "../support/gateway/keys.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import type { ModelStream } from "../../server/agent/types.ts";
import { readText } from "../support/runs/turns.ts";

const hookToken = "hook-token-fedcba9876543210abcd";

const createConfig = (hooks: ConfigInput["hooks"] = {}, more: ConfigInput = {}): ConfigInput => ({
  gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
  agents: { list: [{ id: "main" }, { id: "coder" }] },
  ...more,
  hooks: { enabled: true, token: hookToken, ...hooks },
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly ok: boolean;
    readonly runId?: string;
    readonly eventOutcome?: string;
    readonly completion?: object;
    readonly error?: { readonly code: string; readonly param: string | null; readonly message: string };
  };
}

async function post(
  { url }: TestGateway,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${hookToken}` },
): Promise<Answer> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer["body"],
  };
}

const hook = (gateway: TestGateway, body: object, headers?: Readonly<Record<string, string>>) =>
  post(gateway, "/hooks/agent", { message: "Look.", ...body }, headers);
const wake = (gateway: TestGateway, body: object): Promise<Answer> => post(gateway, "/hooks/wake", body);
const readCode = ({ status, body }: Answer): readonly unknown[] => [
  status,
  body.error?.code,
  body.error?.param,
];

async function listKeys(gateway: TestGateway): Promise<readonly string[]> {
  const { sessions } = (await (await request(gateway, "/sessions")).json()) as {
    readonly sessions: readonly { readonly sessionKey: string }[];
  };
  return sessions.map(({ sessionKey }) => sessionKey);
}

const askMain = (gateway: TestGateway, text: string): Promise<Response> =>
  postChat(gateway.url, createChatBody(text), { headers: { "x-openclaw-session-key": "main" } });

/** Answers each call with this text, once `release` was called. */
function createHeldModel(text: string) {
  const { model: answer, modelCalls } = createModelSequence([{ text }]);
  const released = Promise.withResolvers<void>();
  const model: ModelStream = async function* (call, signal) {
    const events = answer(call, signal);
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    await Promise.race([released.promise, aborted]);
    yield* events;
  };
  return { model, modelCalls, release: () => released.resolve() };
}

describe("a run", () => {
  test("goes on without its caller, in a session of its own, and its answer is a system event of the main session", async () => {
    const { model, modelCalls, release } = createHeldModel("All is well.");
    const gateway = await startTestGateway({ config: createConfig(), model });
    const { status, body, headers } = await hook(gateway, { name: "CI" });
    expect([status, body]).toEqual([200, { ok: true, runId: expect.stringMatching(/^hook_\w+$/) as string }]);
    const key = headers.get("x-openclaw-session-key") ?? "";
    expect(key).toMatch(/^agent:main:hook:\w+$/);
    await expect.poll(() => modelCalls.length).toBe(1);
    expect(modelCalls[0]?.turns.map(readText)).toEqual(["Look."]);
    expect(modelCalls[0]?.system).toContain('The message comes from the program "CI" through a hook');
    release();
    await expect.poll(() => listKeys(gateway)).toContain(key);
    await expect
      .poll(async () => {
        await askMain(gateway, "What is new?");
        return modelCalls.at(-1)?.turns.map(readText).join("\n");
      })
      .toContain('] The run of the hook "CI" has answered: All is well.');
  });

  test("is waited for on request, and one that fails queues a system event in any case", async () => {
    const { model, modelCalls } = createModelSequence(
      [{ text: "Done." }],
      [{ fail: { code: "upstream_timeout", message: "Nothing came." } }],
      [{ text: "Yes." }],
    );
    const gateway = await startTestGateway({ config: createConfig(), model });
    const ask = async (): Promise<unknown> =>
      (await hook(gateway, { deliver: false, waitForCompletion: true, to: "somebody" })).body.completion;
    const undelivered = { delivered: false, deliveryAttempted: false };
    expect(await ask()).toEqual({ status: "ok", replyDisposition: "visible", ...undelivered });
    expect(await ask()).toEqual({ status: "error", replyDisposition: "empty", ...undelivered });
    await askMain(gateway, "What is new?");
    const texts = modelCalls.at(-1)?.turns.map(readText) ?? [];
    expect(texts[0]).toContain('The run of the hook "Hook" failed: upstream_timeout: Nothing came.');
    expect(texts[0]).not.toContain("Done.");
  });

  test("runs once for an idempotency key, in the header or in the body", async () => {
    const { model, modelCalls } = createModelSequence([{ text: "Done." }]);
    const gateway = await startTestGateway({ config: createConfig(), model });
    const wait = { waitForCompletion: true };
    const first = await hook(gateway, { ...wait, idempotencyKey: "event-1" });
    const second = await hook(gateway, { ...wait, idempotencyKey: "event-1" });
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(readCode(await hook(gateway, { message: "Other", idempotencyKey: "event-1" }))[0]).toBe(422);
    expect(modelCalls).toHaveLength(1);
  });

  test("uses the thinking and the time that the hook asks for, and no blank message", async () => {
    const { model, modelCalls } = createHeldModel("Too late.");
    const gateway = await startTestGateway({ config: createConfig(), model });
    const response = hook(gateway, { thinking: "high", timeoutSeconds: 1, waitForCompletion: true });
    await expect.poll(() => modelCalls[0]?.thinking).toBe("high");
    expect((await response).body.completion).toMatchObject({ status: "error" });
    expect(gateway.log.join("\n")).toContain("run_timeout");
    expect(readCode(await hook(gateway, { timeoutSeconds: 0 }))).toEqual([
      400,
      "invalid_value",
      "timeoutSeconds",
    ]);
    expect(readCode(await hook(gateway, { message: " \n" }))).toEqual([400, "invalid_value", "message"]);
  });
});

describe("the session of a run", () => {
  const start = async (hooks: ConfigInput["hooks"]) => {
    const { model, modelCalls } = createModelSequence([{ text: "Done." }]);
    const gateway = await startTestGateway({ config: createConfig(hooks), model });
    const getKey = async (body: object): Promise<unknown> => {
      const answer = await hook(gateway, { waitForCompletion: true, ...body });
      return answer.headers.get("x-openclaw-session-key") ?? readCode(answer).slice(1);
    };
    return { gateway, getKey, modelCalls };
  };

  test("may not be chosen by the hook unless the operator says so, and then with a prefix", async () => {
    const closed = await start({ defaultSessionKey: "hook:ingress" });
    expect(await closed.getKey({ sessionKey: "x" })).toEqual(["invalid_session_key", "sessionKey"]);
    expect(await closed.getKey({})).toMatch(/^agent:main:hook:ingress:run:\w+$/);
    const open = await start({ allowRequestSessionKey: true, allowedSessionKeyPrefixes: ["Hook:", "mail"] });
    expect(await open.getKey({ sessionKey: "mail-7" })).toMatch(/^agent:main:hook:mail-7:run:\w+$/);
    expect(await open.getKey({ sessionKey: "agent:main:hook:a" })).toMatch(/^agent:main:hook:a:run:\w+$/);
    expect(await open.getKey({ sessionKey: "main" })).toEqual(["invalid_session_key", "sessionKey"]);
    expect(await open.getKey({ sessionKey: "agent:coder:hook:a" })).toEqual([
      "invalid_session_key",
      "sessionKey",
    ]);
    expect(await open.getKey({ sessionKey: "agent:coder:hook:a", agentId: "coder" })).toMatch(
      /^agent:coder:/,
    );
  });

  test("is continued when it is persistent", async () => {
    const { getKey, modelCalls } = await start({
      allowRequestSessionKey: true,
      allowedSessionKeyPrefixes: ["hook:"],
    });
    const persistent = { sessionMode: "persistent", sessionKey: "hook:mail" };
    for (const message of ["one", "two"])
      expect(await getKey({ ...persistent, message })).toBe("agent:main:hook:mail");
    expect(modelCalls.at(-1)?.turns.map(readText)).toEqual(["one", "Done.", "two"]);
    expect(await getKey({ sessionMode: "persistent" })).toEqual(["invalid_session_key", "sessionMode"]);
  });

  test("is not taken by other callers, and can be read", async () => {
    const { gateway, getKey } = await start({});
    const key = String(await getKey({}));
    const response = await postChat(gateway.url, createChatBody("Hi"), {
      headers: { "x-openclaw-session-key": key },
    });
    expect(response.status).toBe(400);
    const history = await request(gateway, `/sessions/${encodeURIComponent(key)}/history`);
    expect(await history.text()).toContain("Done.");
  });

  test("runs of one name wait for each other", async () => {
    const { model, modelCalls, release } = createHeldModel("Done.");
    const config = createConfig({ defaultSessionKey: "hook:ingress" });
    const gateway = await startTestGateway({ config, model });
    const answers = [1, 2].map(() => hook(gateway, { waitForCompletion: true }));
    await expect.poll(() => modelCalls.length).toBe(1);
    await expect
      .poll(async () => (await callAsOperator<{ runs: readonly object[] }>(gateway, "runs.list")).runs)
      .toHaveLength(2);
    expect(modelCalls).toHaveLength(1);
    release();
    for (const answer of answers) expect((await answer).status).toBe(200);
  });
});

describe("a system event", () => {
  test("comes before the next question of the main session, also after a restart", async () => {
    const { model, modelCalls } = createModelSequence([{ text: "Yes." }]);
    const gateway = await startTestGateway({ config: createConfig(), model });
    expect((await wake(gateway, { text: "built", mode: "next-heartbeat" })).body).toEqual({
      ok: true,
      mode: "next-heartbeat",
      eventOutcome: "queued",
    });
    expect((await wake(gateway, { text: "built" })).body.eventOutcome).toBe("coalesced");
    await wake(gateway, { text: "for coder", agentId: "Coder" });
    expect(modelCalls).toEqual([]);
    await gateway.stop();
    const again = await startTestGateway({ config: createConfig(), model, stateDir: gateway.stateDir });
    await askMain(again, "What is new?");
    const [systemEvent = "", question] = modelCalls[0]?.turns.map(readText) ?? [];
    expect(question).toBe("What is new?");
    expect(systemEvent).toMatch(/^System events from programs .*\n\[[\dT:.Z-]+\] built$/);
    await askMain(again, "And now?");
    expect(modelCalls[1]?.turns.map(readText)).toEqual([systemEvent, "What is new?", "Yes.", "And now?"]);
  });

  test("of another kind is rejected", async () => {
    const gateway = await startTestGateway({ config: createConfig() });
    expect(readCode(await wake(gateway, { text: "" }))).toEqual([400, "invalid_value", "text"]);
    expect(readCode(await wake(gateway, {}))).toEqual([400, "missing_required_parameter", "text"]);
    expect(readCode(await wake(gateway, { text: "x", mode: "later" }))).toEqual([
      400,
      "invalid_value",
      "mode",
    ]);
    expect(readCode(await wake(gateway, { text: "x".repeat(16_385) }))).toEqual([
      400,
      "invalid_value",
      "text",
    ]);
  });
});

describe("the agents of hooks", () => {
  test("are those of the list, of which one is the default", async () => {
    const gateway = await startTestGateway({ config: createConfig({ allowedAgentIds: ["Coder"] }) });
    expect((await hook(gateway, {})).headers.get("x-openclaw-agent-id")).toBe("coder");
    expect(readCode(await hook(gateway, { agentId: "main" }))).toEqual([404, "model_not_found", "agentId"]);
    expect(readCode(await wake(gateway, { text: "x", agentId: "main" }))[0]).toBe(404);
    gateway.reload(createConfig({ allowedAgentIds: [] }));
    const { status, body } = await hook(gateway, {});
    expect([status, body.error?.message]).toEqual([
      404,
      "No agent for hooks. hooks.allowedAgentIds allows none.",
    ]);
    gateway.reload(createConfig({ allowedAgentIds: ["*"] }));
    expect((await hook(gateway, { agentId: "MAIN" })).headers.get("x-openclaw-agent-id")).toBe("main");
  });
});

describe("the token", () => {
  test("comes in one of two headers, and no other credential opens hooks, nor it anything else", async () => {
    const gateway = await startTestGateway({ config: createConfig() });
    const send = async (headers: Readonly<Record<string, string>>, query = ""): Promise<unknown> =>
      readCode(await post(gateway, `/hooks/wake${query}`, { text: "x" }, headers)).slice(0, 2);
    expect(await send({ authorization: `bearer ${hookToken}` })).toEqual([200, undefined]);
    expect(await send({ "x-openclaw-token": hookToken })).toEqual([200, undefined]);
    const both = { authorization: `Bearer ${hookToken}`, "x-openclaw-token": "another" };
    expect(await send(both)).toEqual([200, undefined]);
    const key = await createKey(gateway, "ada", { scopes: ["operator.admin"] });
    for (const secret of [token, key, "wrong"])
      expect(await send({ authorization: `Bearer ${secret}` })).toEqual([401, "invalid_api_key"]);
    expect(await send({})).toEqual([401, "invalid_api_key"]);
    expect(await send({ authorization: `Bearer ${hookToken}` }, `?token=${hookToken}`)).toEqual([
      400,
      "invalid_request",
    ]);
    expect((await request(gateway, "/sessions", { secret: hookToken })).status).toBe(401);
    expect(gateway.log.join("\n")).not.toContain(hookToken);
  });

  test("is guessed 20 times a minute, and wrong ones lock out nobody who has it", async () => {
    let now = Date.UTC(2026, 0, 1);
    const gateway = await startTestGateway({ config: createConfig(), clock: () => now });
    const guess = (): Promise<Answer> => hook(gateway, {}, { authorization: "Bearer wrong" });
    for (let count = 0; count < 20; count += 1) expect((await guess()).status).toBe(401);
    const { status, headers } = await guess();
    expect([status, headers.get("retry-after")]).toEqual([429, "60"]);
    gateway.reload(createConfig());
    expect((await guess()).status).toBe(429);
    expect((await wake(gateway, { text: "x" })).status).toBe(200);
    // Those of hooks are counted apart.
    expect((await request(gateway, "/sessions", { secret: "wrong" })).status).toBe(401);
    now += 60_000;
    expect((await guess()).status).toBe(401);
  });

  test("must be another one than the gateway's, at the start and at a reload, and strong when others can connect", async () => {
    const start = (hooks: ConfigInput["hooks"], host = "127.0.0.1"): Promise<TestGateway> =>
      startTestGateway({ config: createConfig(hooks), host });
    await expect(start({ token })).rejects.toThrow("hooks.token: is the gateway's own secret");
    await expect(start({ token: " " })).rejects.toThrow("hooks.token: is blank");
    await expect(start({ token: "short" }, "0.0.0.0")).rejects.toThrow(ConfigError);
    const gateway = await start({ token: "short" });
    expect(() => gateway.reload(createConfig({ token }))).toThrow("hooks.token: is the gateway's own secret");
    expect((await hook(gateway, {}, { authorization: "Bearer short" })).status).toBe(200);
    gateway.reload(createConfig());
    expect((await hook(gateway, {}, { authorization: "Bearer short" })).status).toBe(401);
    expect((await hook(gateway, {})).status).toBe(200);
  });
});

test("hooks are off by default, have a path of the operator's choice, and take bodies of up to 256 KiB", async () => {
  const gateway = await startTestGateway();
  const off = await hook(gateway, {});
  expect([...readCode(off).slice(0, 2), off.body.error?.message]).toEqual([
    404,
    "endpoint_disabled",
    expect.stringContaining("hooks.enabled"),
  ]);
  gateway.reload(createConfig({ path: movedPath }));
  expect((await post(gateway, `${movedPath}/agent`, { message: "Hi" })).status).toBe(200);
  expect(readCode(await post(gateway, `${movedPath}/wake`, { text: "x".repeat(262_144) }))).toEqual([
    413,
    "request_too_large",
    null,
  ]);
  const wrongMethod = await fetch(`${gateway.url}${movedPath}/wake`);
  expect([wrongMethod.status, wrongMethod.headers.get("allow")]).toEqual([405, "POST"]);
});
