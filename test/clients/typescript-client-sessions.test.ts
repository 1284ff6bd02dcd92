import { expect, test } from "vitest";
import {
  createClient,
  type GatewayClient,
  type SessionEvent,
  type SessionMessage,
} from "../../clients/typescript/src/index.ts";
import { startTcpProxy } from "../support/sockets/tcp-proxy.ts";
import { chatConfig, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createGatedModel } from "../support/providers/scripted-model.ts";

const createTestClient = (url: string): GatewayClient => createClient({ baseUrl: url, token });

const toRequest = (content: string) => ({
  model: "openclaw",
  messages: [{ role: "user" as const, content }],
});

async function say(client: GatewayClient, content: string, sessionKey: string): Promise<void> {
  await client.chat.completions.create(toRequest(content), { sessionKey });
}

const toText = ({ role, content }: SessionMessage): string =>
  `${role}: ${content.map((part) => (part.type === "text" ? part.text : "[image]")).join("")}`;

const eventToText = (event: SessionEvent): string =>
  event.type === "message" ? toText(event.message) : `[${event.messages.map(toText).join(", ")}]`;

test("the list iterates over all pages, and requests no unread page", async () => {
  const { url } = await startTestGateway();
  const paths: string[] = [];
  const client = createClient({
    baseUrl: url,
    token,
    fetch: (request) => {
      if (request.method === "GET") paths.push(new URL(request.url).pathname);
      return fetch(request);
    },
  });
  for (const key of ["one", "two", "three"]) await say(client, "hello", key);

  const keys = await Array.fromAsync(client.sessions.list({ limit: 2 }), ({ sessionKey }) => sessionKey);
  expect(keys.toSorted()).toEqual(["agent:main:one", "agent:main:three", "agent:main:two"]);
  expect(paths).toEqual(["/sessions", "/sessions"]);

  for await (const session of client.sessions.list({ limit: 1 })) {
    expect(session).toMatchObject({ agentId: "main", entries: expect.any(Number) as number });
    break;
  }
  expect(paths).toHaveLength(3);
  expect(await Array.fromAsync(client.sessions.list({ agentId: "nobody" }))).toEqual([]);
});

test("the history is read page by page, back to the first message", async () => {
  const client = createTestClient((await startTestGateway()).url);
  await say(client, "/echo one", "trip");
  await say(client, "/echo two", "trip");

  const newest = await client.sessions.history("trip", { limit: 2 });
  expect(newest).toMatchObject({ sessionKey: "agent:main:trip", total: 4 });
  expect(newest.messages.map(toText)[0]).toBe("user: /echo two");
  const older = await client.sessions.history("trip", { limit: 2, cursor: newest.nextCursor ?? "" });
  expect(older.messages.map(toText)[0]).toBe("user: /echo one");
  expect(older.nextCursor).toBeNull();
});

test("a session can be reset, aborted and deleted", async () => {
  const { model, waitForCall } = createGatedModel();
  const client = createTestClient((await startTestGateway({ model })).url);
  const failure = say(client, "hello", "trip").catch((error: unknown) => error);
  await waitForCall();

  expect(await client.sessions.abort("trip")).toMatchObject({ ok: true, aborted: true });
  expect(await failure).toMatchObject({ code: "run_aborted" });
  const { sessionId } = await client.sessions.history("trip");
  const reset = await client.sessions.reset("trip");
  expect(reset.sessionId).not.toBe(sessionId);
  expect(await client.sessions.delete("agent:main:trip")).toMatchObject({ deleted: true });
  await expect(client.sessions.history("trip")).rejects.toMatchObject({
    status: 404,
    code: "session_not_found",
  });
});

test("a session key may have any valid character", async () => {
  const client = createTestClient((await startTestGateway()).url);
  await say(client, "hello", "a/b?c#d%20:e");
  expect((await client.sessions.history("a/b?c#d%20:e")).total).toBe(2);
});

// ── The live feed ───────────────────────────────────────────────────────────

test("a feed resumes after the last event when the connection is lost, and ends with the session", async () => {
  const gateway = await startTestGateway();
  const client = createTestClient(gateway.url);
  await say(client, "/echo one", "trip");
  const proxy = await startTcpProxy(gateway.url);
  const feed = createTestClient(proxy.url).sessions.follow("trip")[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { done, value } = (await feed.next()) as IteratorResult<SessionEvent, undefined>;
    return done === true ? "the end" : eventToText(value);
  };

  expect(await next()).toMatch(/^\[user: \/echo one, assistant: .*\]$/);
  proxy.dropConnections();
  await say(client, "/echo two", "trip");
  expect(await next()).toBe("user: /echo two");
  expect(await next()).toMatch(/^assistant: /);
  await client.sessions.delete("trip");
  expect(await next()).toBe("the end");
});

test("leaving the loop ends a feed, and its signal ends it with the reason of the signal", async () => {
  const gateway = await startTestGateway();
  const client = createTestClient(gateway.url);
  await say(client, "hello", "trip");
  for await (const event of client.sessions.follow("trip")) {
    expect(event.type).toBe("history");
    break;
  }
  const reason = new Error("enough");
  const leaving = new AbortController();
  const feed = client.sessions.follow("trip", { signal: leaving.signal })[Symbol.asyncIterator]();
  await feed.next();
  const waiting = feed.next();
  leaving.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});

test("a feed of a session that does not exist, or with a wrong token, throws", async () => {
  const { url } = await startTestGateway({ config: chatConfig });
  const first = (client: GatewayClient): Promise<unknown> =>
    client.sessions.follow("nothing")[Symbol.asyncIterator]().next();
  await expect(first(createTestClient(url))).rejects.toMatchObject({ code: "session_not_found" });
  await expect(first(createClient({ baseUrl: url, token: "wrong" }))).rejects.toMatchObject({ status: 401 });
});
