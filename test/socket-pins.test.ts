import { expect, test } from "vitest";
import { errorTable } from "../contracts/errors.ts";
import { events, methods } from "../contracts/index.ts";
import { protocols } from "../contracts/socket/connect.ts";
import type { Method, SocketEvent } from "../contracts/socket/method.ts";
import { socketLimits } from "../server/socket/limits.ts";

// What clients of the socket rely on. A change here breaks somebody: it needs a line in the change log.

test("the methods and their rights", () => {
  expect(
    Object.values<Method>(methods).map(({ method, scope, accepted }) =>
      [method, scope, accepted ? "twice" : "once"].join(" "),
    ),
  ).toEqual([
    "health operator.read once",
    "status operator.read once",
    "system-presence operator.read once",
    "agents.list operator.read once",
    "agent.identity.get operator.read once",
    "models.list operator.read once",
    "tools.catalog operator.read once",
    "tools.effective operator.read once",
    "tools.invoke operator.write once",
    "agent operator.write twice",
    "agent.wait operator.read once",
    "chat.send operator.write once",
    "chat.history operator.read once",
    "chat.abort operator.write once",
    "sessions.list operator.read once",
    "sessions.preview operator.read once",
    "sessions.resolve operator.read once",
    "sessions.patch operator.write once",
    "sessions.reset operator.write once",
    "sessions.delete operator.write once",
    "sessions.compact operator.write once",
    "sessions.subscribe operator.read once",
    "sessions.unsubscribe operator.read once",
    "config.get operator.read once",
    "logs.tail operator.read once",
  ]);
});

test("the events, who is told, and what may be missed", () => {
  expect(
    Object.values<SocketEvent>(events).map(({ event, scope = "everybody", droppable }) =>
      [event, scope, droppable].join(" "),
    ),
  ).toEqual([
    "tick everybody always",
    "presence operator.read always",
    "health operator.read always",
    "agent operator.read deltas",
    "chat operator.read deltas",
    "sessions.changed operator.read always",
    "shutdown everybody never",
  ]);
});

test("the codes of the socket", () => {
  const bySocket = Map.groupBy(Object.entries(errorTable), ([, { socket }]) => socket);
  const codes = (socket: keyof typeof counts): readonly string[] =>
    (bySocket.get(socket) ?? []).map(([code]) => code).toSorted();
  const counts = { NOT_FOUND: 0, FORBIDDEN: 0, AGENT_TIMEOUT: 0, ABORTED: 0 } as const;
  expect(codes("NOT_FOUND")).toEqual([
    "endpoint_disabled",
    "model_not_found",
    "not_found",
    "response_not_found",
    "session_not_found",
    "tool_denied",
    "tool_not_found",
  ]);
  expect(codes("FORBIDDEN")).toEqual(["missing_scope", "origin_not_allowed"]);
  expect(codes("AGENT_TIMEOUT")).toEqual(["run_timeout", "upstream_timeout"]);
  expect(codes("ABORTED")).toEqual(["run_aborted", "run_interrupted"]);
  for (const [code, { status, socket }] of Object.entries(errorTable)) {
    if (status >= 500 || status === 429)
      expect([code, socket]).toEqual([code, expect.stringMatching(/^(UNAVAILABLE|AGENT_TIMEOUT)$/)]);
  }
});

test("protocols and limits", () => {
  expect(protocols).toEqual({ oldest: 3, newest: 4 });
  expect(socketLimits).toEqual({
    maxBytesBeforeConnect: 65_536,
    maxPayload: 26_214_400,
    maxCalls: 64,
    maxWaitingPerAddress: 32,
    maxWaiting: 256,
    handshakeMs: 10_000,
    maxBufferedBytes: 16_777_216,
    maxReplyBytes: 6_291_456,
    tickIntervalMs: 30_000,
    presenceIntervalMs: 1_000,
    healthIntervalMs: 60_000,
  });
});
