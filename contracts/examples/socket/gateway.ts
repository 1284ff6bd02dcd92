/** Examples of the methods and events about the gateway itself. */
import { health as healthEvent, presence, shutdown, tick } from "../../socket/gateway-events.ts";
import { health, logsTail, status, systemPresence } from "../../socket/gateway.ts";
import { eventExample, methodExamples, type ResultOf } from "../../socket/method.ts";
import { ends, says } from "../script.ts";

/** The fixed clock of all examples: 2026-01-01. */
export const now = 1_767_225_600_000;

const noSessions = (path: string): { path: string; count: number; recent: [] } => ({
  path,
  count: 0,
  recent: [],
});

const createHealth = (path: string) =>
  ({
    ok: true,
    ts: now,
    durationMs: 0,
    defaultAgentId: "main",
    agents: [
      { agentId: "main", isDefault: true, sessions: noSessions(path) },
      { agentId: "coder", isDefault: false, sessions: noSessions(path) },
    ],
    sessions: noSessions(path),
  }) satisfies ResultOf<typeof health>;

const connected = {
  connId: "conn_1",
  host: "example",
  version: "1.0.0",
  platform: "linux",
  mode: "test",
  reason: "connect",
  ts: now,
  roles: ["operator"],
  scopes: ["operator.admin"],
} as const;

const entry = { ...connected, roles: [...connected.roles], scopes: [...connected.scopes] };

export const healthExamples = methodExamples(health, [
  { title: "The health of the gateway", params: {}, excerpt: true, result: createHealth("…") },
  {
    title: "A wrong parameter",
    params: { probe: "yes" } as never,
    error: { code: "invalid_type", message: "probe: expected boolean, got string", param: "probe" },
  },
]);

export const statusExamples = methodExamples(status, [
  {
    title: "The status of the gateway",
    params: {},
    excerpt: true,
    result: {
      ok: true,
      version: "0.1.0",
      runtimeVersion: "0.1.0",
      node: { id: "…", name: "…" },
      ts: now,
      uptimeMs: 0,
      stopping: false,
      runs: 0,
      connections: 1,
      defaultAgentId: "main",
      agents: ["main", "coder"],
      unhandledRejections: 0,
      providers: [],
      config: { applied: true, restartRequired: [], problems: [] },
      sessions: {
        count: 0,
        recent: [],
        paths: ["…"],
        defaults: { model: "builtin/assistant", contextTokens: null },
        byAgent: [
          { agentId: "main", ...noSessions("…") },
          { agentId: "coder", ...noSessions("…") },
        ],
      },
      channelSummary: [],
    },
  },
]);

export const presenceExamples = methodExamples(systemPresence, [
  { title: "Who is connected", params: {}, result: [entry] },
]);

export const logExamples = methodExamples(logsTail, [
  {
    title: "The line of a run",
    before: [{ method: "agent", params: { message: "Hello.", idempotencyKey: "run-1" } }],
    model: [says("Hi."), ends({ input: 12, output: 2 })],
    params: { limit: 1 },
    result: {
      cursor: 2,
      lines: [
        '{"time":"2026-01-01T00:00:00.000Z","level":"info","message":"run","requestId":"req_1","runId":"run-1","credential":"operator","agent":"main","sessionKey":"agent:main:main","model":"builtin/assistant","inputTokens":12,"outputTokens":2,"outcome":"stop","firstMs":0,"totalMs":0}',
      ],
      truncated: true,
    },
  },
]);

export const gatewayEvents = [
  eventExample(tick, "A tick", { ts: now }),
  eventExample(presence, "A second program has connected", {
    presence: [entry, { ...entry, connId: "conn_2" }],
    stateVersion: { presence: 1, health: 0 },
  }),
  eventExample(healthEvent, "Once a minute", createHealth("/var/lib/openclaw/sessions.sqlite")),
  eventExample(shutdown, "The gateway stops", { reason: "the gateway stops" }),
];
