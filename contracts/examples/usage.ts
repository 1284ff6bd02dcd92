/** Examples of GET /usage. */
import { examplesFor } from "../endpoint.ts";
import { getUsage } from "../http/usage.ts";
import { ends, says } from "./script.ts";

const before = [
  {
    method: "post" as const,
    path: "/v1/chat/completions",
    body: { model: "openclaw:coder", messages: [{ role: "user", content: "Hello" }] },
  },
];
const model = [says("Hi"), ends({ input: 120, output: 30, cached: 100, reasoning: 10 })];

const sums = {
  calls: 1,
  failures: 0,
  inputTokens: 20,
  cacheReadTokens: 100,
  cacheWriteTokens: 0,
  outputTokens: 20,
  reasoningTokens: 10,
  costMicroUsd: null,
  unpricedCalls: 1,
  durationMs: 0,
  firstTokenP50Ms: 50,
  firstTokenP95Ms: 50,
};
const none = {
  calls: 0,
  failures: 0,
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  costMicroUsd: null,
  unpricedCalls: 0,
  durationMs: 0,
  firstTokenP50Ms: null,
  firstTokenP95Ms: null,
};

export const usage = examplesFor(getUsage, [
  {
    title: "One call",
    before,
    model,
    request: {},
    reply: {
      object: "list",
      from: "2025-12-03",
      to: "2026-01-01",
      data: [
        {
          day: "2026-01-01",
          agentId: "coder",
          model: "builtin/assistant",
          credential: "operator",
          ...sums,
        },
      ],
      total: sums,
    },
  },
  {
    title: "By agent",
    before,
    model,
    request: { query: { groupBy: "agent" } },
    reply: {
      object: "list",
      from: "2025-12-03",
      to: "2026-01-01",
      data: [{ agentId: "coder", ...sums }],
      total: sums,
    },
  },
  {
    title: "By node",
    before,
    model,
    request: { query: { groupBy: "node" } },
    reply: {
      object: "list",
      from: "2025-12-03",
      to: "2026-01-01",
      data: [{ node: "node_1", ...sums }],
      total: sums,
    },
  },
  {
    title: "No calls",
    request: { query: { from: "2025-12-31", to: "2025-12-31" } },
    reply: { object: "list", from: "2025-12-31", to: "2025-12-31", data: [], total: none },
  },
  {
    title: "A day that does not exist",
    request: { query: { from: "2026-02-30" } },
    error: { code: "invalid_value", message: "from: there is no day 2026-02-30.", param: "from" },
  },
]);
