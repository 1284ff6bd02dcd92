/** Writes the audit log: rejected credentials, administration, changes of sessions, tools and budgets. No content. */
import type { ObserveRun } from "../agent/run-observer.ts";
import type {
  AuditEntry,
  AuditEvent,
  AuditQuery,
  AuditStore,
  AuditVerification,
} from "../lib/audit-store.ts";
import type { Clock, Log } from "../lib/ports.ts";
import { createBatchWriter } from "./batch-writer.ts";

export interface AuditLog {
  record(event: Omit<AuditEvent, "at">): void;
  readonly observeRun: ObserveRun;
  /** Every event that was recorded is in it. */
  list(query: AuditQuery): Promise<readonly AuditEntry[]>;
  verify(): Promise<AuditVerification>;
  flush(): Promise<void>;
}

export function createAuditLog(
  store: AuditStore,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): AuditLog {
  const writer = createBatchWriter<AuditEvent>("audit", store.add, log);
  const record: AuditLog["record"] = (event) => writer.add({ at: clock(), ...event });
  return {
    record,
    observeRun: ({ id: runId, requestId, credential: actor, agent }) => {
      const source = { actor, agentId: agent.id, runId, requestId };
      return (observation) => {
        if (observation.type === "tool_call") {
          const { tool = "unknown", outcome } = observation;
          record({
            ...source,
            action: "tool.run",
            target: tool,
            outcome: outcome === "rejected" ? "denied" : outcome,
          });
        } else if (observation.type === "end" && observation.error?.code === "budget_exceeded") {
          record({ ...source, action: "budget.exceeded", outcome: "denied", code: observation.error.code });
        }
      };
    },
    async list(query) {
      await writer.flush();
      return store.list(query);
    },
    async verify() {
      await writer.flush();
      return store.verify();
    },
    flush: writer.flush,
  };
}
