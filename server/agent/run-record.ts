/** Keeps the figures of a run while it goes, and leaves its one line in the log. */
import type { GatewayError } from "../errors.ts";
import { addUsage } from "./usage.ts";
import type { Clock, EndReason, Log, Run, Usage } from "./types.ts";

export interface RunRecord {
  /** The door has been given something. */
  shown(): void;
  readonly anythingShown: boolean;
  step(model: string, usage: Usage | undefined): void;
  /** A model has failed, whatever comes of it: operators want to know. */
  failed(model: string, error: GatewayError): void;
  /** The agent's tools have run: to repeat the request would run them again. */
  toolsRan(): void;
  readonly retryable: boolean;
  readonly usage: Usage | undefined;
  end(reason: EndReason, error: GatewayError | undefined): void;
}

export function createRunRecord(
  run: Run,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): RunRecord {
  const startedAt = clock();
  let firstAt: number | undefined;
  let model = run.models[0]?.ref;
  let usage: Usage | undefined;
  let retryable = true;
  return {
    shown() {
      firstAt ??= clock();
    },
    get anythingShown() {
      return firstAt !== undefined;
    },
    step(ref, used) {
      model = ref;
      usage = addUsage(usage, used);
    },
    failed(ref, { code, message }) {
      model = ref;
      const { requestId, id } = run;
      log.warn("model failed", { requestId, runId: id, model: ref, code, error: message });
    },
    toolsRan() {
      retryable = false;
    },
    get retryable() {
      return retryable;
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
        ...(usage === undefined ? {} : { inputTokens: usage.input, outputTokens: usage.output }),
        outcome: error?.code ?? reason,
        ...(firstAt === undefined ? {} : { firstMs: firstAt - startedAt }),
        totalMs: clock() - startedAt,
      });
    },
  };
}
