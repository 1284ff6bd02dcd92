import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { calls, fails, says } from "../../contracts/examples/script.ts";
import type { IdempotencyStore } from "../../server/agent/sessions/idempotency.ts";
import { createEngine } from "../../server/engine.ts";
import {
  createChatBody,
  postChat,
  startTestGateway,
  createTemporaryFolder,
  token,
} from "../support/gateway/gateway.ts";
import {
  finishEvent,
  createGatedModel,
  createScriptedModel,
  createModelSequence,
} from "../support/providers/scripted-model.ts";
import { formatRequest, openRawConnection } from "../support/sockets/raw-http.ts";

const withKey = (key: string, more: Record<string, string> = {}): RequestInit => ({
  headers: { "idempotency-key": key, ...more },
});

const replayedHeader = (response: Response): string | null => response.headers.get("idempotency-replayed");

test("the same request with the same key runs once and is answered twice, also after a restart", async () => {
  const stateDir = createTemporaryFolder();
  const { model, modelCalls } = createModelSequence([says("one")], [says("two")]);
  const first = await startTestGateway({ model, stateDir });
  const answers = [];
  for (let i = 0; i < 2; i += 1) {
    const response = await postChat(first.url, createChatBody("hi"), withKey("a"));
    answers.push([
      replayedHeader(response),
      await response.text(),
      response.headers.get("x-openclaw-agent-id"),
    ]);
  }
  await first.stop();
  const second = await startTestGateway({ model, stateDir });
  const repeat = await postChat(second.url, createChatBody("hi"), withKey("a"));
  answers.push([replayedHeader(repeat), await repeat.text(), repeat.headers.get("x-openclaw-agent-id")]);
  expect(answers.map(([, body]) => body)).toEqual([answers[0]?.[1], answers[0]?.[1], answers[0]?.[1]]);
  expect(answers.map(([mark]) => mark)).toEqual([null, "true", "true"]);
  expect(answers.map(([, , agent]) => agent)).toEqual(["main", "main", "main"]);
  expect(modelCalls).toHaveLength(1);
});

test("a repeated stream request gets the same stream", async () => {
  const { model, modelCalls } = createModelSequence([says("hel"), says("lo")]);
  const gateway = await startTestGateway({ model });
  const first = await (
    await postChat(gateway.url, createChatBody("hi", { stream: true }), withKey("s"))
  ).text();
  const repeat = await postChat(gateway.url, createChatBody("hi", { stream: true }), withKey("s"));
  expect(await repeat.text()).toBe(first);
  expect(repeat.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(first).toContain("[DONE]");
  expect(modelCalls).toHaveLength(1);
});

test("another body, or another session, under the same key is 422", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel([says("hi")]) });
  await postChat(gateway.url, createChatBody("hi"), withKey("k"));
  const others = [
    await postChat(gateway.url, createChatBody("ho"), withKey("k")),
    await postChat(gateway.url, createChatBody("hi"), withKey("k", { "x-openclaw-session-key": "s" })),
  ];
  for (const response of others) {
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      error: { code: "idempotency_mismatch", param: "idempotency-key" },
    });
  }
});

test("while the first request runs, the second is 409 with Retry-After", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const first = postChat(gateway.url, createChatBody("hi"), withKey("k"));
  await waitForCall();
  const second = await postChat(gateway.url, createChatBody("hi"), withKey("k"));
  expect([second.status, second.headers.get("retry-after"), second.headers.get("x-should-retry")]).toEqual([
    409,
    "1",
    "true",
  ]);
  emit(finishEvent);
  expect((await first).status).toBe(200);
});

test("a disconnect does not stop the run: the next request gets the answer", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const disconnect = new AbortController();
  const first = postChat(gateway.url, createChatBody("hi"), { ...withKey("k"), signal: disconnect.signal });
  const { signal } = await waitForCall();
  disconnect.abort();
  await expect(first).rejects.toThrow();
  expect(signal.aborted).toBe(false);
  emit({ type: "text", text: "late" });
  emit(finishEvent);
  await expect
    .poll(async () =>
      (await postChat(gateway.url, createChatBody("hi"), withKey("k"))).headers.get("idempotency-replayed"),
    )
    .toBe("true");
});

test("a disconnect while the key is claimed does not stop the run either", async () => {
  const { model, modelCalls } = createModelSequence([says("one")], [says("two")]);
  const claimed = Promise.withResolvers<void>();
  const disconnected = Promise.withResolvers<void>();
  const gateway = await startTestGateway({
    model,
    createEngine: async (deps) => {
      const engine = await createEngine(deps);
      const claim: IdempotencyStore["claim"] = async (...args) => {
        const result = await engine.store.idempotency.claim(...args);
        claimed.resolve();
        await disconnected.promise;
        return result;
      };
      return { ...engine, store: { ...engine.store, idempotency: { ...engine.store.idempotency, claim } } };
    },
  });
  const connection = await openRawConnection(gateway.url);
  const body = JSON.stringify(createChatBody("hi"));
  connection.send(
    formatRequest(
      [
        "POST /v1/chat/completions HTTP/1.1",
        "Host: 127.0.0.1",
        `Authorization: Bearer ${token}`,
        "Content-Type: application/json",
        "Idempotency-Key: k",
        `Content-Length: ${body.length}`,
      ],
      body,
    ),
  );
  await claimed.promise;
  connection.socket.destroy();
  // The server sees the disconnect before the claim resolves.
  await sleep(100);
  disconnected.resolve();
  await expect.poll(() => modelCalls.length).toBe(1);
  await expect
    .poll(async () => {
      const response = await postChat(gateway.url, createChatBody("hi"), withKey("k"));
      return [replayedHeader(response), await response.text()];
    })
    .toEqual(["true", expect.stringContaining("one")]);
  expect(modelCalls).toHaveLength(1);
});

describe("not stored as an answer", () => {
  test("a failure of the provider: the key runs again", async () => {
    const { model, modelCalls } = createModelSequence([fails("upstream_auth", "no key")], [says("now")]);
    const gateway = await startTestGateway({ model });
    expect((await postChat(gateway.url, createChatBody("hi"), withKey("k"))).status).toBe(502);
    const repeat = await postChat(gateway.url, createChatBody("hi"), withKey("k"));
    expect([repeat.status, replayedHeader(repeat), modelCalls.length]).toEqual([200, null, 2]);
  });

  test("a stream that failed", async () => {
    const { model } = createModelSequence([says("x"), fails("upstream_error", "down")], [says("now")]);
    const gateway = await startTestGateway({ model });
    const stream = createChatBody("hi", { stream: true });
    expect(await (await postChat(gateway.url, stream, withKey("k"))).text()).toContain('"error"');
    const repeat = await postChat(gateway.url, stream, withKey("k"));
    expect([replayedHeader(repeat), (await repeat.text()).includes("[DONE]")]).toEqual([null, true]);
  });
});

test("a tool that is invoked with a key runs once, and its failure is stored too", async () => {
  const stateDir = createTemporaryFolder();
  const gateway = await startTestGateway({
    stateDir,
    config: { gateway: { tools: { allow: ["exec", "read"] } } },
  });
  const invoke = async (key: string, body: object): Promise<readonly [number, string | null, unknown]> => {
    const response = await fetch(`${gateway.url}/tools/invoke`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "idempotency-key": key,
      },
      body: JSON.stringify(body),
    });
    return [response.status, replayedHeader(response), await response.json()];
  };
  const append = { tool: "exec", args: { command: "echo x >> lines" } };
  await invoke("t", append);
  expect((await invoke("t", append)).slice(0, 2)).toEqual([200, "true"]);
  expect(readFileSync(join(stateDir, "workspace/lines"), "utf8")).toBe("x\n");
  const missing = { tool: "read", args: { path: "none" } };
  const [status, , body] = await invoke("m", missing);
  expect([status, await invoke("m", missing)]).toEqual([400, [400, "true", body]]);
  expect(body).toMatchObject({ ok: false, error: { code: "tool_error" } });
});

test("an invalid key is 400, and a GET ignores the header", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel([calls("c", "x", "{}")]) });
  const bad = await postChat(gateway.url, createChatBody("hi"), withKey("a b"));
  expect([bad.status, ((await bad.json()) as { error: { param: string } }).error.param]).toEqual([
    400,
    "idempotency-key",
  ]);
  const headers = { authorization: `Bearer ${token}`, "idempotency-key": "g" };
  expect((await fetch(`${gateway.url}/v1/models`, { headers })).status).toBe(200);
});
