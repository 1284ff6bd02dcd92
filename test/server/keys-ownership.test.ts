/** Ownership of sessions, responses and idempotency keys: two keys, an admin key and the shared secret. */
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { createChatBody, startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { connectWithSecret, createKey, request } from "../support/gateway/keys.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";

const bothOn = {
  gateway: { http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } } },
};

interface Callers {
  readonly gateway: TestGateway;
  /** Secrets. */
  readonly ada: string;
  readonly bob: string;
  readonly chief: string;
  /** Number of model calls. */
  readonly calls: () => number;
}

async function start(): Promise<Callers> {
  let calls = 0;
  const gateway = await startTestGateway({
    config: bothOn,
    model: createScriptedModel([says("hello")], () => (calls += 1)),
  });
  return {
    gateway,
    ada: await createKey(gateway, "ada"),
    bob: await createKey(gateway, "bob"),
    chief: await createKey(gateway, "chief", { scopes: ["operator.admin"] }),
    calls: () => calls,
  };
}

const chat = (
  gateway: TestGateway,
  secret: string,
  headers: Record<string, string>,
  question = "hi",
): Promise<Response> =>
  request(gateway, "/v1/chat/completions", { secret, headers, body: createChatBody(question) });

test("a session belongs to its key; admin keys and the shared secret see it", async () => {
  const { gateway, ada, bob, chief } = await start();
  const header = { "x-openclaw-session-key": "trip" };
  expect((await chat(gateway, ada, header)).status).toBe(200);

  const listAndHistory = async (secret: string): Promise<readonly number[]> => {
    const list = (await (await request(gateway, "/sessions", { secret })).json()) as { sessions: object[] };
    const history = await request(gateway, "/sessions/agent:main:key:ada:trip/history", { secret });
    return [list.sessions.length, history.status];
  };
  expect(await Promise.all([ada, bob, chief, token].map(listAndHistory))).toEqual([
    [1, 200],
    [0, 404],
    [1, 200],
    [1, 200],
  ]);

  const full = { "x-openclaw-session-key": "agent:main:key:ada:trip" };
  const path = "/sessions/agent:main:key:ada:trip";
  const byBob = [
    await request(gateway, `${path}/reset`, { secret: bob, method: "POST" }),
    await request(gateway, `${path}/abort`, { secret: bob, method: "POST" }),
    await request(gateway, path, { secret: bob, method: "DELETE" }),
  ];
  expect(byBob.map(({ status }) => status)).toEqual([404, 404, 404]);

  expect((await chat(gateway, chief, full, "and now?")).status).toBe(200);
  const socket = await connectWithSecret(gateway, ada);
  expect(await socket.request("chat.history", { sessionKey: "trip" })).toMatchObject({ total: 4 });
  expect((await request(gateway, path, { secret: chief, method: "DELETE" })).status).toBe(200);
});

test("every key has its own names, and sends either spelling of its own", async () => {
  const { gateway, ada, bob, chief } = await start();
  const keyOf = async (secret: string, key: string): Promise<string | null> => {
    const answer = await chat(gateway, secret, { "x-openclaw-session-key": key });
    expect(answer.status).toBe(200);
    return answer.headers.get("x-openclaw-session-key");
  };
  const adas = "agent:main:key:ada:trip";
  for (const spelling of ["trip", "agent:main:trip", "key:ada:trip", adas])
    expect([spelling, await keyOf(ada, spelling)]).toEqual([spelling, adas]);
  expect(await keyOf(bob, "trip")).toBe("agent:main:key:bob:trip");
  expect(await keyOf(token, "trip")).toBe("agent:main:trip");
  expect(await keyOf(chief, adas)).toBe(adas);
  // Its spelling in earlier versions.
  expect(await keyOf(ada, "main:ada")).toBe("agent:main:key:ada:main");

  const totals = await Promise.all(
    [ada, bob, token].map(async (secret) => {
      const socket = await connectWithSecret(gateway, secret);
      return (await socket.request<{ total: number }>("chat.history", { sessionKey: "trip" })).total;
    }),
  );
  // The repeated question of one key replaces its answer.
  expect(totals).toEqual([2, 2, 2]);
});

test("what the operator creates under the name of a key belongs to the key", async () => {
  const { gateway, ada } = await start();
  const key = { "x-openclaw-session-key": "agent:main:key:ada:planned" };
  expect((await chat(gateway, token, key)).status).toBe(200);
  expect((await chat(gateway, ada, { "x-openclaw-session-key": "planned" }, "more")).status).toBe(200);
  expect((await request(gateway, "/sessions/planned/history", { secret: ada })).status).toBe(200);
});

test("the same user of two keys has two conversations", async () => {
  const { gateway, ada, bob } = await start();
  const keyOf = async (secret: string): Promise<string | null> => {
    const body = createChatBody("hi", { user: "u" });
    return (await request(gateway, "/v1/chat/completions", { secret, body })).headers.get(
      "x-openclaw-session-key",
    );
  };
  expect(await keyOf(ada)).not.toBe(await keyOf(bob));
  expect(await keyOf(ada)).toBe(await keyOf(ada));
});

test("only its key can read, continue and delete a response", async () => {
  const { gateway, ada, bob, chief } = await start();
  const body = { model: "openclaw", input: "hi" };
  const { id } = (await (await request(gateway, "/v1/responses", { secret: ada, body })).json()) as {
    id: string;
  };
  const read = async (secret: string): Promise<number> =>
    (await request(gateway, `/v1/responses/${id}`, { secret })).status;
  expect(await Promise.all([ada, bob, chief, token].map(read))).toEqual([200, 404, 200, 200]);
  const next = { ...body, previous_response_id: id };
  expect((await request(gateway, "/v1/responses", { secret: bob, body: next })).status).toBe(400);
  expect((await request(gateway, "/v1/responses", { secret: ada, body: next })).status).toBe(200);
  const remove = async (secret: string): Promise<number> =>
    (await request(gateway, `/v1/responses/${id}`, { secret, method: "DELETE" })).status;
  expect([await remove(bob), await remove(ada), await remove(ada)]).toEqual([404, 200, 404]);
});

test("idempotency keys are separate for each key, over HTTP and WebSocket", async () => {
  const { gateway, ada, bob, chief, calls } = await start();
  const header = { "idempotency-key": "1" };
  for (const secret of [ada, bob, chief, token]) {
    expect((await chat(gateway, secret, header)).headers.get("idempotency-replayed")).toBeNull();
    expect((await chat(gateway, secret, header)).headers.get("idempotency-replayed")).toBe("true");
  }
  expect(calls()).toBe(4);
  const sockets = [await connectWithSecret(gateway, ada), await connectWithSecret(gateway, bob)];
  for (const [at, socket] of sockets.entries()) {
    const params = { message: "hi", sessionKey: `s${at}`, idempotencyKey: "1" };
    expect(await socket.request("chat.send", params)).toMatchObject({ status: "started" });
  }
  await expect.poll(calls).toBe(6);
});

test("a key receives no events about runs and connections of others", async () => {
  const { gateway, ada, bob, chief } = await start();
  const [byAda, byBob, byChief] = [
    await connectWithSecret(gateway, ada),
    await connectWithSecret(gateway, bob),
    await connectWithSecret(gateway, chief),
  ];
  await chat(gateway, ada, { "x-openclaw-session-key": "trip" });
  for (const socket of [byAda, byChief]) await socket.waitForFrame(({ event }) => event === "chat");
  await byBob.request("status");
  expect([byBob.eventPayloads("chat"), byBob.eventPayloads("agent")]).toEqual([[], []]);
  const present = async (socket: typeof byAda): Promise<number> =>
    (await socket.request<unknown[]>("system-presence")).length;
  expect([await present(byAda), await present(byBob), await present(byChief)]).toEqual([1, 1, 3]);
  const linesFor = async (socket: typeof byAda): Promise<string> =>
    (await socket.request<{ lines: string[] }>("logs.tail", { limit: 2000 })).lines.join("\n");
  expect(await linesFor(byBob)).not.toContain('"ada"');
  expect(await linesFor(byChief)).toContain('"credential":"ada"');
});

test("no key gets a name with the prefix of another, and the default conversations are separate", async () => {
  const { gateway, ada, bob } = await start();
  for (const [secret, key] of [
    [ada, "key:bob:main"],
    [ada, "agent:main:key:bob:x"],
    [ada, "key:"],
    [ada, "key:adam:x"],
    [token, "key:x"],
    [token, "key:ada:"],
  ] as const) {
    const planted = await chat(gateway, secret, { "x-openclaw-session-key": key });
    expect([key, planted.status, await planted.json()]).toMatchObject([
      key,
      400,
      { error: { code: "invalid_session_key", message: expect.stringContaining('"key:" are reserved') } },
    ]);
  }
  const keyOf = async (secret: string, body: object): Promise<string> => {
    const answer = await request(gateway, "/v1/chat/completions", { secret, body });
    return answer.headers.get("x-openclaw-session-key") ?? "";
  };
  const ofUser = await keyOf(ada, createChatBody("hi", { user: "visitor" }));
  expect(ofUser).toMatch(/^agent:main:key:ada:user:/);
  // The session key of a reply can be used again.
  expect((await chat(gateway, ada, { "x-openclaw-session-key": ofUser }, "more")).status).toBe(200);
  expect((await chat(gateway, bob, { "x-openclaw-session-key": ofUser })).status).toBe(400);
  expect(await keyOf(token, createChatBody("hi", { user: "visitor" }))).toMatch(
    /^agent:main:user:[\w-]{32}$/,
  );

  for (const [secret, main] of [
    [ada, "agent:main:key:ada:main"],
    [bob, "agent:main:key:bob:main"],
    [token, "agent:main:main"],
  ] as const) {
    const socket = await connectWithSecret(gateway, secret);
    const result = await socket.request<{ sessionKey: string }>("agent", {
      message: "hi",
      idempotencyKey: `run-${main}`,
    });
    expect(result.sessionKey).toBe(main);
  }
});
