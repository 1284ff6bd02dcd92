/** GET /audit and GET /audit/verify. */
import type { ReplyOf } from "../../contracts/endpoint.ts";
import { auditPage, type getAudit, type verifyAudit } from "../../contracts/http/audit.ts";
import type { AuditEntry } from "../lib/audit-store.ts";
import type { AuditLog } from "../telemetry/audit-log.ts";
import { dayMs, parseDay } from "../telemetry/usage-report.ts";
import type { Handler } from "./handler.ts";

interface AuditHandlers {
  readonly getAudit: Handler<typeof getAudit>;
  readonly verifyAudit: Handler<typeof verifyAudit>;
}

export function createAuditHandlers(audit: Pick<AuditLog, "list" | "verify">): AuditHandlers {
  return {
    async getAudit({ query }) {
      const { after = 0, limit = auditPage.default, action, actor } = query;
      const from = query.from === undefined ? undefined : parseDay(query.from, "from");
      const to = query.to === undefined ? undefined : parseDay(query.to, "to") + dayMs;
      const entries = await audit.list({ after, limit: limit + 1, action, actor, from, to });
      const data = entries.slice(0, limit).map(toWireEntry);
      if (query.format === "jsonl") {
        const text = data.map((entry) => `${JSON.stringify(entry)}\n`).join("");
        return { text, contentType: "application/jsonl; charset=utf-8" };
      }
      const nextAfter = entries.length > limit ? (data.at(-1)?.seq ?? null) : null;
      return { reply: { object: "list", data, nextAfter } };
    },
    async verifyAudit() {
      const { brokenSeq = null, ...rest } = await audit.verify();
      return { reply: { ok: brokenSeq === null, ...rest, brokenSeq } };
    },
  };
}

function toWireEntry(entry: AuditEntry): ReplyOf<typeof getAudit>["data"][number] {
  const { actor = null, address = null, target = null, agentId = null } = entry;
  const { runId = null, requestId = null, code = null, seq, at, action, outcome, hash } = entry;
  return { seq, at, action, actor, address, target, agentId, runId, requestId, outcome, code, hash };
}
