import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { calls, fails, says } from "../../contracts/examples/script.ts";
import { ask, postChat, startTestGateway, temporaryFolder, token } from "../support/gateway.ts";
import { finish, gatedModel, scriptedModel, sequence } from "../support/scripted-model.ts";

const keyed = (key: string, more: Record<string, string> = {}): RequestInit => ({
  headers: { "idempotency-key": key, ...more },
});

const replayed = (response: Response): string | null => response.headers.get("idempotency-replayed");

test("the same request with the same key is run once and answered twice, also after a restart", async () => {
  const stateDir = temporaryFolder();
  const { model, seen } = sequence([says("one")], [says("two")]);
  const first = await startTestGateway({ model, stateDir });
  const answers = [];
  for (let i = 0; i < 2; i += 1) {
    const response = await postChat(first.url, ask("hi"), keyed("a"));
    answers.push([replayed(response), await response.text(), response.headers.get("x-openclaw-agent-id")]);
  }
  await first.stop();
  const second = await startTestGateway({ model, stateDir });
  const again = await postChat(second.url, ask("hi"), keyed("a"));
  answers.push([replayed(again), await again.text(), again.headers.get("x-openclaw-agent-id")]);
  expect(answers.map(([, body]) => body)).toEqual([answers[0]?.[1], answers[0]?.[1], answers[0]?.[1]]);
  expect(answers.map(([mark]) => mark)).toEqual([null, "true", "true"]);
  expect(answers.map(([, , agent]) => agent)).toEqual(["main", "main", "main"]);
  expect(seen).toHaveLength(1);
});

test("a stream is answered with the same stream", async () => {
  const { model, seen } = sequence([says("hel"), says("lo")]);
  const gateway = await startTestGateway({ model });
  const first = await (await postChat(gateway.url, ask("hi", { stream: true }), keyed("s"))).text();
  const again = await postChat(gateway.url, ask("hi", { stream: true }), keyed("s"));
  expect(await again.text()).toBe(first);
  expect(again.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(first).toContain("[DONE]");
  expect(seen).toHaveLength(1);
});

test("another body, or another session, under the same key is 422", async () => {
  const gateway = await startTestGateway({ model: scriptedModel([says("hi")]) });
  await postChat(gateway.url, ask("hi"), keyed("k"));
  const others = [
    await postChat(gateway.url, ask("ho"), keyed("k")),
    await postChat(gateway.url, ask("hi"), keyed("k", { "x-openclaw-session-key": "s" })),
  ];
  for (const response of others) {
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      error: { code: "idempotency_mismatch", param: "idempotency-key" },
    });
  }
});

test("while the first is at work the second is told to come back", async () => {
  const { model, give, called } = gatedModel();
  const gateway = await startTestGateway({ model });
  const first = postChat(gateway.url, ask("hi"), keyed("k"));
  await called();
  const second = await postChat(gateway.url, ask("hi"), keyed("k"));
  expect([second.status, second.headers.get("retry-after"), second.headers.get("x-should-retry")]).toEqual([
    409,
    "1",
    "true",
  ]);
  give(finish);
  expect((await first).status).toBe(200);
});

test("a caller that leaves does not stop the run: its next request has the answer", async () => {
  const { model, give, called } = gatedModel();
  const gateway = await startTestGateway({ model });
  const leaving = new AbortController();
  const first = postChat(gateway.url, ask("hi"), { ...keyed("k"), signal: leaving.signal });
  const { signal } = await called();
  leaving.abort();
  await expect(first).rejects.toThrow();
  expect(signal.aborted).toBe(false);
  give({ type: "text", text: "late" });
  give(finish);
  await expect
    .poll(async () =>
      (await postChat(gateway.url, ask("hi"), keyed("k"))).headers.get("idempotency-replayed"),
    )
    .toBe("true");
});

describe("what is no answer", () => {
  test("a failure of the provider: the key runs again", async () => {
    const { model, seen } = sequence([fails("upstream_auth", "no key")], [says("now")]);
    const gateway = await startTestGateway({ model });
    expect((await postChat(gateway.url, ask("hi"), keyed("k"))).status).toBe(502);
    const again = await postChat(gateway.url, ask("hi"), keyed("k"));
    expect([again.status, replayed(again), seen.length]).toEqual([200, null, 2]);
  });

  test("a stream that failed", async () => {
    const { model } = sequence([says("x"), fails("upstream_error", "down")], [says("now")]);
    const gateway = await startTestGateway({ model });
    const stream = ask("hi", { stream: true });
    expect(await (await postChat(gateway.url, stream, keyed("k"))).text()).toContain('"error"');
    const again = await postChat(gateway.url, stream, keyed("k"));
    expect([replayed(again), (await again.text()).includes("[DONE]")]).toEqual([null, true]);
  });
});

test("a tool that is invoked with a key runs once, and its failure is an answer too", async () => {
  const stateDir = temporaryFolder();
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
    return [response.status, replayed(response), await response.json()];
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

test("a key that cannot be one is 400, and a GET does not mind one", async () => {
  const gateway = await startTestGateway({ model: scriptedModel([calls("c", "x", "{}")]) });
  const bad = await postChat(gateway.url, ask("hi"), keyed("a b"));
  expect([bad.status, ((await bad.json()) as { error: { param: string } }).error.param]).toEqual([
    400,
    "idempotency-key",
  ]);
  const headers = { authorization: `Bearer ${token}`, "idempotency-key": "g" };
  expect((await fetch(`${gateway.url}/v1/models`, { headers })).status).toBe(200);
});
