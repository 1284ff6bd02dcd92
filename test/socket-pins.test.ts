import { expect, test } from "vitest";
import { errorTable } from "../contracts/errors.ts";
import { events, methods } from "../contracts/index.ts";
import { protocols } from "../contracts/socket/connect.ts";
import type { Method, SocketEvent } from "../contracts/socket/method.ts";
import { socketLimits } from "../server/socket/limits.ts";

// Clients of the socket depend on these values. A change can break a client: add a line to CHANGELOG.md.

test("the methods and their permissions", () => {
  expect(
    Object.values<Method>(methods).map(({ method, auth, accepted }) =>
      [method, auth, accepted ? "twice" : "once"].join(" "),
    ),
  ).toEqual([
    "health read once",
    "status read once",
    "system-presence read once",
    "agents.list follow once",
    "agent.identity.get follow once",
    "models.list follow once",
    "models.test run once",
    "tools.catalog read once",
    "tools.effective read once",
    "tools.invoke tools once",
    "mcp.list read once",
    "agent run twice",
    "agent.wait follow once",
    "runs.list follow once",
    "chat.send run once",
    "chat.history read once",
    "chat.abort run once",
    "sessions.list read once",
    "sessions.preview read once",
    "sessions.search read once",
    "sessions.resolve read once",
    "sessions.describe read once",
    "sessions.create run once",
    "sessions.patch write once",
    "sessions.reset write once",
    "sessions.delete write once",
    "sessions.compact write once",
    "sessions.rewind write once",
    "sessions.branch write once",
    "sessions.backup admin once",
    "sessions.subscribe read once",
    "sessions.unsubscribe read once",
    "sessions.usage follow once",
    "usage.cost follow once",
    "config.get read once",
    "config.schema read once",
    "config.set config once",
    "config.patch config once",
    "config.apply config once",
    "logs.tail read once",
    "auth.code follow once",
    "keys.create admin once",
    "keys.list admin once",
    "keys.revoke admin once",
  ]);
});

test("the events, their permissions, and whether they are droppable", () => {
  expect(
    Object.values<SocketEvent>(events).map(({ event, auth = "everybody", droppable }) =>
      [event, auth, droppable].join(" "),
    ),
  ).toEqual([
    "tick everybody always",
    "presence read always",
    "health read always",
    "agent follow deltas",
    "chat follow deltas",
    "sessions.changed read always",
    "shutdown everybody never",
  ]);
});

test("the error codes of the socket", () => {
  const bySocket = Map.groupBy(Object.entries(errorTable), ([, { socket }]) => socket);
  const codes = (socket: keyof typeof counts): readonly string[] =>
    (bySocket.get(socket) ?? []).map(([code]) => code).toSorted();
  const counts = { NOT_FOUND: 0, FORBIDDEN: 0, AGENT_TIMEOUT: 0, ABORTED: 0 } as const;
  expect(codes("NOT_FOUND")).toEqual([
    "conversation_not_found",
    "endpoint_disabled",
    "file_not_found",
    "item_not_found",
    "key_not_found",
    "model_not_found",
    "not_found",
    "response_not_found",
    "session_not_found",
    "tool_denied",
    "tool_not_found",
  ]);
  expect(codes("FORBIDDEN")).toEqual([
    "config_not_writable",
    "missing_scope",
    "origin_not_allowed",
    "proxy_attribution_required",
    "trusted_proxy_local_interface_check_failed",
    "trusted_proxy_local_interface_source",
    "trusted_proxy_loopback_source",
    "trusted_proxy_missing_header",
    "trusted_proxy_untrusted_source",
    "trusted_proxy_user_missing",
    "trusted_proxy_user_not_allowed",
  ]);
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
    maxInvalidFrames: 100,
    maxPendingPerAddress: 32,
    maxPending: 256,
    pendingGraceMs: 2_000,
    handshakeMs: 10_000,
    maxBufferedBytes: 16_777_216,
    maxReplyBytes: 6_291_456,
    tickIntervalMs: 30_000,
    presenceIntervalMs: 1_000,
    healthIntervalMs: 60_000,
  });
});
