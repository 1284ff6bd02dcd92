/** Hooks: programs start runs, and queue system events for the main session of an agent. */
import { describe, expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import type { ModelStream } from "../../server/agent/types.ts";
import { createChatBody, postChat, startTestGateway, type TestGateway } from "../support/gateway/gateway.ts";
import {
  createHooksConfig,
  hookToken,
  readHookError,
  runHook,
  wakeSession,
  type HookAnswer,
} from "../support/gateway/hooks.ts";
import { callAsOperator, request } from "../support/gateway/keys.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import { readText } from "../support/runs/turns.ts";

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
    const gateway = await startTestGateway({ config: createHooksConfig(), model });
    const { status, body, headers } = await runHook(gateway, { name: "CI" });
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

  test("is waited for on request, and queues a system event when it fails, also without delivery", async () => {
    const { model, modelCalls } = createModelSequence(
      [{ text: "Done." }],
      [{ fail: { code: "upstream_timeout", message: "Nothing came." } }],
      [{ text: "Yes." }],
    );
    const gateway = await startTestGateway({ config: createHooksConfig(), model });
    const ask = async (): Promise<unknown> =>
      (await runHook(gateway, { deliver: false, waitForCompletion: true, to: "somebody" })).body.completion;
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
    const gateway = await startTestGateway({ config: createHooksConfig(), model });
    const wait = { waitForCompletion: true };
    const inBody = (): Promise<HookAnswer> => runHook(gateway, { ...wait, idempotencyKey: "event-1" });
    const inHeader = (): Promise<HookAnswer> =>
      runHook(gateway, wait, { authorization: `Bearer ${hookToken}`, "idempotency-key": "event-2" });
    for (const send of [inBody, inHeader]) {
      const first = await send();
      const second = await send();
      expect(second.body).toEqual(first.body);
      expect(second.headers.get("idempotency-replayed")).toBe("true");
    }
    expect(readHookError(await runHook(gateway, { message: "Other", idempotencyKey: "event-1" }))[0]).toBe(
      422,
    );
    expect(modelCalls).toHaveLength(2);
  });

  test("has the thinking and the timeout of the request, and a blank message is rejected", async () => {
    const { model, modelCalls } = createHeldModel("Too late.");
    const gateway = await startTestGateway({ config: createHooksConfig(), model });
    const response = runHook(gateway, { thinking: "high", timeoutSeconds: 1, waitForCompletion: true });
    await expect.poll(() => modelCalls[0]?.thinking).toBe("high");
    expect((await response).body.completion).toMatchObject({ status: "error" });
    expect(gateway.log.join("\n")).toContain("run_timeout");
    expect(readHookError(await runHook(gateway, { timeoutSeconds: 0 }))).toEqual([
      400,
      "invalid_value",
      "timeoutSeconds",
    ]);
    expect(readHookError(await runHook(gateway, { message: " \n" }))).toEqual([
      400,
      "invalid_value",
      "message",
    ]);
  });

  test("ends before the gateway stops, and its answer waits in the store", async () => {
    const { model, modelCalls, release } = createHeldModel("All is well.");
    const config = createHooksConfig();
    const gateway = await startTestGateway({ config, model });
    await runHook(gateway);
    await expect.poll(() => modelCalls.length).toBe(1);
    const stop = gateway.stop();
    release();
    await stop;
    await askMain(await startTestGateway({ config, model, stateDir: gateway.stateDir }), "What is new?");
    expect(modelCalls.at(-1)?.turns.map(readText)[0]).toContain("All is well.");
  });

  test("waits for the other runs of its name", async () => {
    const { model, modelCalls, release } = createHeldModel("Done.");
    const config = createHooksConfig({ defaultSessionKey: "hook:ingress" });
    const gateway = await startTestGateway({ config, model });
    const answers = [1, 2].map(() => runHook(gateway, { waitForCompletion: true }));
    await expect.poll(() => modelCalls.length).toBe(1);
    await expect
      .poll(async () => (await callAsOperator<{ runs: readonly object[] }>(gateway, "runs.list")).runs)
      .toHaveLength(2);
    expect(modelCalls).toHaveLength(1);
    release();
    for (const answer of answers) expect((await answer).status).toBe(200);
  });
});

describe("the session of a run", () => {
  const start = async (hooks: ConfigInput["hooks"]) => {
    const { model, modelCalls } = createModelSequence([{ text: "Done." }]);
    const gateway = await startTestGateway({ config: createHooksConfig(hooks), model });
    const getKey = async (body: object): Promise<unknown> => {
      const answer = await runHook(gateway, { waitForCompletion: true, ...body });
      return answer.headers.get("x-openclaw-session-key") ?? readHookError(answer).slice(1);
    };
    return { gateway, getKey, modelCalls };
  };

  test("is chosen by the hook only when the operator allows it, and with an allowed prefix", async () => {
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

  test("is continued when it is persistent, which needs a key and a rule for keys", async () => {
    const allowRequestSessionKey = true;
    const { getKey, modelCalls } = await start({
      allowRequestSessionKey,
      allowedSessionKeyPrefixes: ["hook:"],
    });
    const persistent = { sessionMode: "persistent", sessionKey: "hook:mail" };
    for (const message of ["one", "two"])
      expect(await getKey({ ...persistent, message })).toBe("agent:main:hook:mail");
    expect(modelCalls.at(-1)?.turns.map(readText)).toEqual(["one", "Done.", "two"]);
    const error = ["invalid_session_key", "sessionMode"];
    expect(await getKey({ sessionMode: "persistent" })).toEqual(error);
    const { getKey: getKeyWithoutRule } = await start({ allowRequestSessionKey });
    expect(await getKeyWithoutRule(persistent)).toEqual(error);
  });

  test("can be read by other callers, and they cannot continue it", async () => {
    const { gateway, getKey } = await start({});
    const key = String(await getKey({}));
    const response = await postChat(gateway.url, createChatBody("Hi"), {
      headers: { "x-openclaw-session-key": key },
    });
    expect(response.status).toBe(400);
    const history = await request(gateway, `/sessions/${encodeURIComponent(key)}/history`);
    expect(await history.text()).toContain("Done.");
  });
});

describe("a system event", () => {
  test("comes before the next question of the main session, also after a restart", async () => {
    const { model, modelCalls } = createModelSequence([{ text: "Yes." }]);
    const gateway = await startTestGateway({ config: createHooksConfig(), model });
    expect((await wakeSession(gateway, { text: "built", mode: "next-heartbeat" })).body).toEqual({
      ok: true,
      mode: "next-heartbeat",
      eventOutcome: "queued",
    });
    expect((await wakeSession(gateway, { text: "built" })).body.eventOutcome).toBe("coalesced");
    await wakeSession(gateway, { text: "for coder", agentId: "Coder" });
    expect(modelCalls).toEqual([]);
    await gateway.stop();
    const restarted = await startTestGateway({
      config: createHooksConfig(),
      model,
      stateDir: gateway.stateDir,
    });
    await askMain(restarted, "What is new?");
    const [systemEvent = "", question] = modelCalls[0]?.turns.map(readText) ?? [];
    expect(question).toBe("What is new?");
    expect(systemEvent).toMatch(/^System events from programs .*\n\[[\dT:.Z-]+\] built$/);
    await askMain(restarted, "And now?");
    expect(modelCalls[1]?.turns.map(readText)).toEqual([systemEvent, "What is new?", "Yes.", "And now?"]);
  });

  test("with an invalid field is rejected", async () => {
    const gateway = await startTestGateway({ config: createHooksConfig() });
    expect(readHookError(await wakeSession(gateway, { text: "" }))).toEqual([400, "invalid_value", "text"]);
    expect(readHookError(await wakeSession(gateway, {}))).toEqual([
      400,
      "missing_required_parameter",
      "text",
    ]);
    expect(readHookError(await wakeSession(gateway, { text: "x", mode: "later" }))).toEqual([
      400,
      "invalid_value",
      "mode",
    ]);
    expect(readHookError(await wakeSession(gateway, { text: "x".repeat(16_385) }))).toEqual([
      400,
      "invalid_value",
      "text",
    ]);
  });
});
