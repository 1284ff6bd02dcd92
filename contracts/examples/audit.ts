/** Examples of GET /audit and GET /audit/verify. */
import { examplesFor } from "../endpoint.ts";
import { getAudit, verifyAudit } from "../http/audit.ts";

const started = {
  seq: 1,
  at: 1_767_225_600_000,
  action: "gateway.started",
  actor: null,
  address: null,
  target: "0.1.0",
  agentId: null,
  runId: null,
  requestId: null,
  outcome: "ok" as const,
  code: null,
  hash: "1dc0405a0decb6eec1ba181889f48a25df15982cbb460b2a469285525dd2ae2e",
};

export const audit = examplesFor(getAudit, [
  {
    title: "A gateway that has just started",
    request: {},
    reply: { object: "list", data: [started], nextAfter: null },
  },
  {
    title: "A day that does not exist",
    request: { query: { from: "2026-02-30" } },
    error: { code: "invalid_value", message: "from: there is no day 2026-02-30.", param: "from" },
  },
]);

export const auditVerification = examplesFor(verifyAudit, [
  {
    title: "A whole log",
    request: {},
    reply: { ok: true, entries: 1, lastSeq: 1, lastHash: started.hash, brokenSeq: null },
  },
]);
