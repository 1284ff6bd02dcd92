import { describe, expect, test } from "vitest";
import type { Store } from "../../server/agent/sessions/sql-store.ts";
import type { Entry } from "../../server/agent/sessions/store.ts";
import { createSessionTools } from "../../server/agent/tools/session-tools.ts";
import type { Visibility } from "../../server/agent/tools/session-visibility.ts";
import type { ToolContext, ToolOutput, Turn } from "../../server/agent/types.ts";
import { assistantTurn, toolTurn, userTurn } from "../support/runs/runs.ts";
import { openStore } from "../support/runs/stores.ts";

const key = "agent:main:key:alice:k";

const context: ToolContext = {
  runId: "run_1",
  agentId: "main",
  surface: "run",
  credential: "alice",
  sessionKey: key,
  signal: new AbortController().signal,
  report: () => {},
};
const hour = 3_600_000;
const turn = (value: Turn): Entry => ({ kind: "turn", runId: "run_1", turn: value });

/** Creates four sessions, used one hour apart. Each key ends with its owner. */
async function createStoreWithSessions(): Promise<{ store: Store; now: () => number }> {
  const time = { now: Date.UTC(2026, 0, 1) };
  const store = await openStore({ clock: () => time.now });
  for (const [agentId, rest, credential] of [
    ["main", "k", "alice"],
    ["main", "second", "alice"],
    ["coder", "third", "alice"],
    ["main", "bobs", "bob"],
  ] as const) {
    const lease = await store.acquire(`agent:${agentId}:key:${credential}:${rest}`, { agentId, credential });
    await lease.append([turn(userTurn(`hello from ${rest}`)), turn(assistantTurn("hi"))]);
    await lease.release();
    time.now += hour;
  }
  return { store, now: () => time.now };
}

const text = ({ content }: ToolOutput): string =>
  content.map((part) => (part.type === "text" ? part.text : "")).join("");

async function call(
  { store, now }: Awaited<ReturnType<typeof createStoreWithSessions>>,
  name: string,
  args: object,
  { visibility = "agent", ...more }: Partial<ToolContext> & { visibility?: Visibility } = {},
): Promise<ToolOutput> {
  const tool = createSessionTools(store.sessions, visibility, now).find((each) => each.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  expect(tool.check(args)).toEqual([]);
  return tool.run(args, { ...context, ...more });
}

const parseKeys = (output: ToolOutput): readonly string[] =>
  text(output)
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => (JSON.parse(line) as { sessionKey: string }).sessionKey);

test("session_status returns the session of the run, or that it is not stored", async () => {
  const fixture = await createStoreWithSessions();
  const status = await call(fixture, "session_status", {});
  expect(JSON.parse(text(status))).toEqual({
    sessionKey: key,
    agentId: "main",
    entries: 2,
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
  });
  const none = await call(fixture, "session_status", {}, { sessionKey: undefined });
  expect(text(none)).toContain("This conversation is not stored.");
});

describe("sessions_list", () => {
  test("has only sessions of the agent and the credential, the most recently used first", async () => {
    const fixture = await createStoreWithSessions();
    expect(parseKeys(await call(fixture, "sessions_list", {}))).toEqual(["agent:main:key:alice:second", key]);
    expect(parseKeys(await call(fixture, "sessions_list", {}, { credential: "bob" }))).toEqual([
      "agent:main:key:bob:bobs",
    ]);
    const operator = { credential: "operator", visibility: "all" } as const;
    expect(parseKeys(await call(fixture, "sessions_list", {}, operator))).toHaveLength(4);
  });

  test("returns only sessions that tools.sessions.visibility allows", async () => {
    const fixture = await createStoreWithSessions();
    const all = ["agent:coder:key:alice:third", "agent:main:key:alice:second", key];
    expect(parseKeys(await call(fixture, "sessions_list", {}, { visibility: "all" }))).toEqual(all);
    expect(parseKeys(await call(fixture, "sessions_list", {}, { visibility: "self" }))).toEqual([key]);
    expect(parseKeys(await call(fixture, "sessions_list", {}, { visibility: "tree" }))).toEqual([key]);
    const unstored = { visibility: "self", sessionKey: undefined } as const;
    expect(text(await call(fixture, "sessions_list", {}, unstored))).toBe("No sessions.");
    const other = await call(fixture, "sessions_list", { agentId: "coder" });
    expect([other.isError, text(other)]).toEqual([
      true,
      'You can only see sessions of your own agent: tools.sessions.visibility is "agent".',
    ]);
  });

  test("can be limited by agent, by age and by number", async () => {
    const fixture = await createStoreWithSessions();
    const { store, now } = fixture;
    const all = { visibility: "all" } as const;
    expect(parseKeys(await call(fixture, "sessions_list", { agentId: "Coder" }, all))).toEqual([
      "agent:coder:key:alice:third",
    ]);
    expect(parseKeys(await call(fixture, "sessions_list", { limit: 1 }))).toEqual([
      "agent:main:key:alice:second",
    ]);
    const recent = await call({ store, now }, "sessions_list", { activeMinutes: 200 });
    expect(parseKeys(recent)).toEqual(["agent:main:key:alice:second"]);
  });
});

describe("sessions_history", () => {
  test("returns the newest messages, oldest first, and the total", async () => {
    const fixture = await createStoreWithSessions();
    const limited = await call(fixture, "sessions_history", { sessionKey: "second", limit: 1 });
    expect(text(limited)).toBe('[the last 1 of 2 messages]\n{"role":"assistant","text":"hi"}');
    const complete = await call(fixture, "sessions_history", { sessionKey: "agent:main:key:alice:second" });
    expect(text(complete)).toBe(
      '{"role":"user","text":"hello from second"}\n{"role":"assistant","text":"hi"}',
    );
  });

  test("returns calls and their results only with includeTools, and truncates long ones", async () => {
    const fixture = await createStoreWithSessions();
    const lease = await fixture.store.acquire(key, { agentId: "main", credential: "alice" });
    await lease.append([turn(assistantTurn("", "c1")), turn(toolTurn("c1", "x".repeat(9_000)))]);
    await lease.release();
    const without = text(await call(fixture, "sessions_history", { sessionKey: key }));
    expect(without).not.toContain("c1");
    const withTools = await call(fixture, "sessions_history", { sessionKey: key, includeTools: true });
    const lines = text(withTools).split("\n");
    expect(lines[2]).toBe(
      '{"role":"assistant","text":"","calls":[{"id":"c1","name":"look","arguments":"{}"}]}',
    );
    expect(JSON.parse(lines[3] ?? "")).toEqual({
      role: "tool",
      text: `${"x".repeat(4_000)} [cut]`,
      resultOf: "c1",
    });
  });

  test("does not find another credential's session, and rejects one outside its visibility", async () => {
    const fixture = await createStoreWithSessions();
    const notFound = { code: "session_not_found" };
    await expect(call(fixture, "sessions_history", { sessionKey: "bobs" })).rejects.toMatchObject(notFound);
    const other = await call(fixture, "sessions_history", { sessionKey: "agent:coder:key:alice:third" });
    expect([other.isError, text(other)]).toEqual([true, expect.stringContaining("your own agent")]);
    const self = await call(fixture, "sessions_history", { sessionKey: "second" }, { visibility: "self" });
    expect([self.isError, text(self)]).toEqual([
      true,
      expect.stringContaining("the session that you are in"),
    ]);
  });
});
