/** Keeps the figures of a run while it goes, and leaves its one line in the log. */
import type { ErrorCode } from "../../contracts/errors.ts";
import type { GatewayError } from "../errors.ts";
import type { Compaction } from "./compaction.ts";
import { addUsage } from "./usage.ts";
import type { Clock, EndReason, Log, Run, RunEvent, Usage } from "./types.ts";

export interface RunRecord {
  /** The door has been given something. */
  shown(): void;
  step(model: string, usage: Usage | undefined): void;
  /** The conversation was made shorter, at the cost of a model call; returns the event that tells so. */
  compacted(model: string, compaction: Compaction): RunEvent;
  toolsRan(count: number): void;
  /** A model has failed, whatever comes of it. */
  failed(model: string, error: GatewayError): void;
  readonly usage: Usage | undefined;
  end(reason: EndReason, error: GatewayError | undefined): void;
}

/** Errors that are told in words of our own. A provider's or a caller's may repeat the prompt: no log may have those. */
const ownWords: ReadonlySet<ErrorCode> = new Set([
  "upstream_unreachable",
  "upstream_timeout",
  "upstream_auth",
  "run_timeout",
  "storage_unavailable",
  "internal_error",
]);

export function createRunRecord(
  run: Run,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): RunRecord {
  const startedAt = clock();
  const failures: string[] = [];
  let firstAt: number | undefined;
  let model = run.models[0]?.ref;
  let usage: Usage | undefined;
  let toolCalls = 0;
  let compactions = 0;
  return {
    shown() {
      firstAt ??= clock();
    },
    step(ref, used) {
      model = ref;
      usage = addUsage(usage, used);
    },
    compacted(ref, { summary, usage: used }) {
      usage = addUsage(usage, used);
      compactions += 1;
      log.debug("conversation compacted", { requestId: run.requestId, runId: run.id, model: ref });
      return { type: "compaction", summary };
    },
    toolsRan(count) {
      toolCalls += count;
    },
    failed(ref, { code }) {
      model = ref;
      failures.push(`${ref} ${code}`);
      log.debug("model failed", { requestId: run.requestId, runId: run.id, model: ref, code });
    },
    get usage() {
      return usage;
    },
    end(reason, error) {
      const { requestId, id, credential, agent, sessionKey } = run;
      log.info("run", {
        requestId,
        runId: id,
        credential,
        agent: agent.id,
        ...(sessionKey === undefined ? {} : { sessionKey }),
        model,
        ...(failures.length === 0 ? {} : { failures: failures.join(", ") }),
        ...(usage === undefined ? {} : { inputTokens: usage.input, outputTokens: usage.output }),
        ...(toolCalls === 0 ? {} : { toolCalls }),
        ...(compactions === 0 ? {} : { compactions }),
        outcome: error?.code ?? reason,
        ...(error !== undefined && ownWords.has(error.code) ? { error: error.message } : {}),
        ...(error?.cause instanceof Error ? { cause: error.cause.stack ?? error.cause.message } : {}),
        ...(firstAt === undefined ? {} : { firstMs: firstAt - startedAt }),
        totalMs: clock() - startedAt,
      });
    },
  };
}
