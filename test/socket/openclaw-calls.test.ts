/** The calls of the original's command line and terminal, as recorded, with what these programs need in the results. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageVersion } from "../../server/lib/package.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { connectWithSecret, createKey } from "../support/gateway/keys.ts";
import { createGatedModel } from "../support/providers/scripted-model.ts";
import { connectTestSocket, openTestSocket, type Frame, type TestSocket } from "../support/sockets/socket.ts";

interface Call {
  readonly method: string;
  readonly params?: unknown;
}

const file = join(import.meta.dirname, "../fixtures/openclaw-cli/calls.json");
const recorded = JSON.parse(readFileSync(file, "utf8").replaceAll("TOKEN", token)) as {
  readonly tui: readonly Call[];
  readonly commands: readonly Call[];
  /** One list for each connection. */
  readonly status: readonly (readonly Call[])[];
};
const find = (calls: readonly Call[], method: string): Call => {
  const call = calls.find((each) => each.method === method);
  if (call === undefined) throw new Error(`${method} is not recorded`);
  return call;
};

let nextId = 0;
/** Sends a recorded call as it is, also without `params`. Resolves to its last response. */
async function replay(socket: TestSocket, call: Call): Promise<Frame> {
  const id = `recorded-${(nextId += 1)}`;
  socket.send({ type: "req", id, ...call });
  return socket.waitForFrame(
    ({ type, id: answered, payload }) =>
      type === "res" &&
      answered === id &&
      (payload as { status?: string } | undefined)?.status !== "accepted",
  );
}

test("every recorded call of the terminal succeeds: it connects, reads, sends, aborts and changes the session", async () => {
  const { model, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const socket = await openTestSocket(gateway.url);
  const results = new Map<string, Frame>();
  for (const call of recorded.tui) {
    const frame = await replay(socket, call);
    expect([call.method, frame.error]).toEqual([call.method, undefined]);
    results.set(call.method, frame);
    if (call.method === "chat.send") await waitForCall();
  }
  expect(results.get("chat.abort")?.payload).toMatchObject({ aborted: true });
  await socket.waitForFrame(
    ({ event, payload }) => event === "chat" && (payload as { state: string }).state === "aborted",
  );
  expect(results.get("sessions.list")?.payload).toMatchObject({
    sessions: [{ key: "agent:main:main", derivedTitle: "hello there" }],
  });
  expect(results.get("sessions.create")?.payload).toMatchObject({
    key: "agent:main:tui-772a1293-ee77-4fc7-b7a8-143769b531ab",
  });
});

test("every recorded call of the commands succeeds, and a session id names a session of its own", async () => {
  const gateway = await startTestGateway();
  const socket = await openTestSocket(gateway.url);
  const frames: Frame[] = [];
  for (const call of recorded.commands) frames.push(await replay(socket, call));
  expect(frames.map(({ ok }) => ok)).toEqual(recorded.commands.map(() => true));

  expect(frames[0]?.payload).toMatchObject({
    features: { capabilities: ["published-model-catalog", "text-deltas"] },
  });
  const store = { path: join(gateway.stateDir, "sessions.sqlite"), count: 0, recent: [] };
  expect(frames[1]?.payload).toMatchObject({
    sessions: store,
    agents: [{ agentId: "main", sessions: store }],
  });
  expect(frames[3]?.payload).toMatchObject({ models: [{ id: "builtin/assistant", tags: ["default"] }] });
  expect(frames.at(-1)?.payload).toMatchObject({
    result: { meta: { agentMeta: { sessionKey: "agent:main:explicit:abc" } } },
  });
});

/** The gateway has no channels and no heartbeats. The program shows that it knows nothing of them. */
const unknownMethods: ReadonlySet<string> = new Set(["channels.status", "last-heartbeat"]);

test("every recorded call of the status succeeds, and the status has the sessions of each agent", async () => {
  const gateway = await startTestGateway();
  const operator = await openTestSocket(gateway.url);
  for (const call of recorded.commands) await replay(operator, call);
  const sessions = { count: 2, recent: [{ key: "agent:main:explicit:abc" }, { key: "agent:main:main" }] };
  for (const calls of recorded.status) {
    const socket = await openTestSocket(gateway.url);
    for (const call of calls) {
      const { error, payload } = await replay(socket, call);
      const code = unknownMethods.has(call.method) ? "NOT_FOUND" : undefined;
      expect([call.method, error?.code]).toEqual([call.method, code]);
      if (call.method !== "status") continue;
      const file = join(gateway.stateDir, "sessions.sqlite");
      expect(payload).toMatchObject({
        runtimeVersion: packageVersion,
        sessions: {
          ...sessions,
          paths: [file],
          defaults: { model: "builtin/assistant", contextTokens: null },
          byAgent: [{ agentId: "main", path: file, ...sessions }],
        },
      });
    }
  }
});

test("a session id continues the conversation that has it; with a session key the key decides", async () => {
  const gateway = await startTestGateway();
  const socket = await connectTestSocket(gateway);
  const ask = async (params: Record<string, unknown>): Promise<unknown> => {
    const frame = await replay(socket, {
      method: "agent",
      params: { message: "hi", idempotencyKey: `run-${(nextId += 1)}`, ...params },
    });
    return (frame.payload as { result: { meta: { agentMeta: { sessionKey: string } } } }).result.meta
      .agentMeta.sessionKey;
  };
  await ask({ sessionKey: "trip" });
  const { session } = await socket.request<{ session: { sessionId: string } }>("sessions.describe", {
    key: "trip",
  });
  expect(await ask({ sessionId: session.sessionId })).toBe("agent:main:trip");
  expect(await ask({ sessionId: session.sessionId, sessionKey: "other" })).toBe("agent:main:other");
});

test("a named key sees the name of the file only, and nothing of the sessions of others", async () => {
  const gateway = await startTestGateway();
  const operator = await connectTestSocket(gateway);
  await replay(operator, find(recorded.commands, "agent"));
  const secret = await createKey(gateway, "reader", { scopes: ["operator.read"] });
  const reader = await connectWithSecret(gateway, secret);
  const { payload } = await replay(reader, find(recorded.commands, "health"));
  const store = { path: "sessions.sqlite", count: 0, recent: [] };
  expect(payload).toMatchObject({ sessions: store, agents: [{ sessions: store }] });
  expect(await reader.request("sessions.describe", { key: "agent:main:main" })).toEqual({ session: null });
});
