import { describe, expect, test } from "vitest";
import {
  createChatBody,
  postChat,
  startTestGateway,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import { finishEvent, createGatedModel } from "../support/providers/scripted-model.ts";

interface SessionsBody {
  readonly ok: boolean;
  readonly sessions: readonly { readonly sessionKey: string; readonly sessionId: string }[];
  readonly messages: readonly {
    readonly role: string;
    readonly cut?: string;
    readonly content: readonly object[];
  }[];
  readonly nextCursor: string | null;
  readonly total: number;
  readonly aborted: boolean;
  readonly error: { readonly code: string; readonly param: string | null };
}

function call(gateway: TestGateway, method: string, path: string, headers: object = {}): Promise<Response> {
  const credential = { authorization: `Bearer ${token}`, ...headers };
  return fetch(gateway.url + path, { method, headers: credential });
}

async function get(gateway: TestGateway, path: string): Promise<SessionsBody> {
  return (await (await call(gateway, "GET", path)).json()) as SessionsBody;
}

const sendChat = (gateway: TestGateway, key: string, content: string, more: object = {}): Promise<Response> =>
  postChat(gateway.url, createChatBody(content, more), { headers: { "x-openclaw-session-key": key } });

async function sendAll(gateway: TestGateway, key: string, ...contents: readonly string[]): Promise<void> {
  for (const content of contents) expect((await sendChat(gateway, key, content)).status).toBe(200);
}

const path = (key: string, action = ""): string => `/sessions/${encodeURIComponent(key)}${action}`;
const roles = ({ messages }: SessionsBody): readonly string[] => messages.map(({ role }) => role);

describe("the list", () => {
  test("is paged by cursors and can be filtered by agent", async () => {
    const gateway = await startTestGateway();
    for (const key of ["a", "b", "c"]) await sendAll(gateway, key, "hi");
    const first = await get(gateway, "/sessions?limit=2");
    expect(first.sessions.map((each) => each.sessionKey)).toEqual(["agent:main:c", "agent:main:b"]);
    const second = await get(gateway, `/sessions?limit=2&cursor=${first.nextCursor}`);
    expect(second.sessions.map((each) => each.sessionKey)).toEqual(["agent:main:a"]);
    expect(second.nextCursor).toBeNull();
    expect((await get(gateway, "/sessions?agentId=MAIN")).sessions).toHaveLength(3);
    expect((await get(gateway, "/sessions?agentId=coder")).sessions).toEqual([]);
  });

  test("rejects an invalid limit or cursor, with this endpoint's error shape", async () => {
    const gateway = await startTestGateway();
    for (const query of ["limit=0", "limit=201", "limit=many", "cursor=x"]) {
      const { ok, error } = await get(gateway, `/sessions?${query}`);
      expect([query, ok, error.param]).toEqual([query, false, query.split("=")[0]]);
    }
  });
});

describe("the history", () => {
  test("is returned page by page", async () => {
    const gateway = await startTestGateway();
    await sendAll(gateway, "trip", "one", "two", "three");
    const newest = await get(gateway, path("agent:main:trip", "/history?limit=4"));
    expect([roles(newest), newest.total]).toEqual([["user", "assistant", "user", "assistant"], 6]);
    expect(newest.messages[0]?.content).toEqual([{ type: "text", text: "two" }]);
    const older = await get(gateway, path("agent:main:trip", `/history?limit=4&cursor=${newest.nextCursor}`));
    expect(older.messages.map(({ content }) => content)).toMatchObject([[{ text: "one" }], [{}]]);
    expect(older.nextCursor).toBeNull();
  });

  test("has tool calls and results, and for an image only its type and size", async () => {
    const gateway = await startTestGateway();
    const png =
      "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    const content = [
      { type: "text", text: "What is this?" },
      { type: "image_url", image_url: { url: png } },
    ];
    const call_ = { id: "c1", type: "function", function: { name: "look", arguments: "{}" } };
    const messages = [
      { role: "user", content },
      { role: "assistant", content: null, tool_calls: [call_] },
      { role: "tool", tool_call_id: "c1", content: "a dot" },
    ];
    expect((await sendChat(gateway, "trip", "", { messages })).status).toBe(200);
    const { messages: shown } = await get(gateway, path("trip", "/history"));
    expect(shown).toMatchObject([
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image", mediaType: "image/png", bytes: 70 },
        ],
      },
      { role: "assistant", content: [], toolCalls: [{ id: "c1", name: "look", arguments: "{}" }] },
      { role: "tool", toolCallId: "c1", content: [{ type: "text", text: "a dot" }] },
      { role: "assistant" },
    ]);
  });

  test("is found by any URL-encoded key, and a bare key belongs to the default agent", async () => {
    const gateway = await startTestGateway();
    for (const key of ["a/b", "50%", "x?y#z", "~".repeat(256)]) {
      await sendAll(gateway, key, "hi");
      expect([key, roles(await get(gateway, path(key, "/history")))]).toEqual([key, ["user", "assistant"]]);
      expect(roles(await get(gateway, path(`AGENT:Main:${key}`, "/history")))).toHaveLength(2);
    }
    const blank = await get(gateway, "/sessions/a%20b/history");
    expect(blank).toMatchObject({ ok: false, error: { code: "invalid_value", param: "key" } });
  });

  test("needs a credential", async () => {
    const gateway = await startTestGateway();
    for (const [method, action] of [
      ["GET", "/history"],
      ["POST", "/reset"],
      ["POST", "/abort"],
      ["DELETE", ""],
    ] as const) {
      const rejected = await fetch(gateway.url + path("trip", action), { method });
      expect([method, action, rejected.status]).toEqual([method, action, 401]);
    }
  });

  test("has a HEAD that ends, for the feed too", async () => {
    const gateway = await startTestGateway();
    await sendAll(gateway, "trip", "hi");
    expect((await call(gateway, "HEAD", path("trip", "/history"))).status).toBe(200);
    const accept = { accept: "text/event-stream" };
    const feed = await call(gateway, "HEAD", path("trip", "/history"), accept);
    expect([feed.status, feed.headers.get("content-type")]).toEqual([
      200,
      "text/event-stream; charset=utf-8",
    ]);
    expect((await call(gateway, "HEAD", path("nobody", "/history"), accept)).status).toBe(404);
  });
});

describe("session actions", () => {
  test("reset: the next request starts a new conversation", async () => {
    const gateway = await startTestGateway();
    await sendAll(gateway, "trip", "My name is Ada.");
    const [before] = (await get(gateway, "/sessions")).sessions;
    const reset = await call(gateway, "POST", path("trip", "/reset"));
    expect(await reset.json()).toMatchObject({ ok: true, sessionKey: "agent:main:trip" });
    const answer = await sendChat(gateway, "trip", "What is my name?");
    expect(await answer.text()).toContain("You have not told me your name.");
    const [after] = (await get(gateway, "/sessions")).sessions;
    expect(after?.sessionKey).toBe(before?.sessionKey);
    expect(after?.sessionId).not.toBe(before?.sessionId);
    expect((await get(gateway, path("trip", "/history"))).total).toBe(2);
  });

  test("delete: the session and its messages are deleted", async () => {
    const gateway = await startTestGateway();
    await sendAll(gateway, "trip", "My name is Ada.");
    const notFound = await call(gateway, "DELETE", path("trip"));
    expect(await notFound.json()).toEqual({ ok: true, sessionKey: "agent:main:trip", deleted: true });
    expect((await call(gateway, "DELETE", path("trip"))).status).toBe(404);
    expect((await get(gateway, "/sessions")).sessions).toEqual([]);
    expect(await (await sendChat(gateway, "trip", "What is my name?")).text()).toContain(
      "You have not told me",
    );
  });

  test("abort: the run ends with an error for its caller, and its partial output is stored", async () => {
    const gated = createGatedModel();
    const gateway = await startTestGateway({ model: gated.model });
    const running = await Promise.all([sendChat(gateway, "trip", "go", { stream: true }), started()]);
    const reply = await call(gateway, "POST", path("trip", "/abort"));
    expect(await reply.json()).toEqual({ ok: true, sessionKey: "agent:main:trip", aborted: true });
    const text = await running[0].text();
    expect(text).toContain('"code":"run_aborted"');
    expect(text).not.toContain("[DONE]");
    await expect
      .poll(async () => (await get(gateway, path("trip", "/history"))).messages)
      .toMatchObject([
        { role: "user" },
        { role: "assistant", cut: "aborted", content: [{ text: "so far" }] },
      ]);
    expect(await get(gateway, path("trip", "/history"))).toMatchObject({ total: 2 });
    const again = await call(gateway, "POST", path("trip", "/abort"));
    expect(await again.json()).toMatchObject({ ok: true, aborted: false });

    async function started(): Promise<void> {
      await gated.waitForCall();
      gated.emit({ type: "text", text: "so far" });
    }
  });

  test("a reset during a run leaves nothing of the run in the new conversation", async () => {
    const gated = createGatedModel();
    const gateway = await startTestGateway({ model: gated.model });
    const running = sendChat(gateway, "trip", "go");
    await gated.waitForCall();
    gated.emit({ type: "text", text: "so far" });
    await call(gateway, "POST", path("trip", "/reset"));
    expect((await running).status).toBe(409);
    expect((await get(gateway, path("trip", "/history"))).messages).toEqual([]);
    const next = sendChat(gateway, "trip", "again");
    gated.emit({ type: "text", text: "new" });
    gated.emit(finishEvent);
    expect((await next).status).toBe(200);
    expect((await get(gateway, path("trip", "/history"))).messages).toMatchObject([
      { content: [{ text: "again" }] },
      { content: [{ text: "new" }] },
    ]);
  });
});
