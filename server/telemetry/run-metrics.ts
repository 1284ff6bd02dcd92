/** Counts runs, model calls, tokens and tool calls. */
import type { ModelCallObservation, ObservedRun, ObserveRun } from "../agent/run-observer.ts";
import { splitModelRef } from "./model-ref.ts";
import { computeCallCost } from "./run-cost.ts";
import type { Registry } from "./registry.ts";
import { toTokenCounts } from "./token-counts.ts";

const toSeconds = (ms: number): number => Math.max(0, ms) / 1_000;

export const createRunMetrics =
  (registry: Registry): ObserveRun =>
  (run) => {
    const {
      agent: { id: agent },
      models,
      sessionKey,
    } = run;
    const primary = splitModelRef(models[0]?.ref ?? "");
    let steps = 0;
    let waitedUntil: number | undefined;
    return (observation) => {
      switch (observation.type) {
        case "admitted":
          waitedUntil = observation.at;
          if (sessionKey !== undefined) registry.increment("openclaw_session_turn_created_total", [agent]);
          return;
        case "model_call":
          steps += 1;
          return recordModelCall(registry, run, observation);
        case "tool_call": {
          const { tool = "unknown", outcome, startedAt, endedAt } = observation;
          registry.increment("openclaw_tool_execution_total", [tool, outcome]);
          registry.observe(
            "openclaw_tool_execution_duration_seconds",
            [tool, outcome],
            toSeconds(endedAt - startedAt),
          );
          return;
        }
        case "fallback": {
          const from = splitModelRef(observation.from);
          const to = splitModelRef(observation.to);
          registry.increment("openclaw_model_failover_total", [
            from.provider,
            from.model,
            to.provider,
            to.model,
            observation.error.code,
          ]);
          return;
        }
        case "end": {
          const { reason, error, startedAt, endedAt } = observation;
          const outcome = error?.code ?? (reason === "aborted" ? reason : "completed");
          const labels = [agent, primary.provider, primary.model, outcome] as const;
          registry.increment("openclaw_run_completed_total", labels);
          registry.observe("openclaw_run_duration_seconds", labels, toSeconds(endedAt - startedAt));
          registry.observe("openclaw_run_steps", [agent], steps);
          if (waitedUntil !== undefined)
            registry.observe("openclaw_queue_wait_seconds", [], toSeconds(waitedUntil - startedAt));
        }
      }
    };
  };

function recordModelCall(registry: Registry, run: ObservedRun, call: ModelCallObservation): void {
  const agent = run.agent.id;
  const { provider, model } = splitModelRef(call.model);
  const { outcome, usage, error, startedAt, firstEventAt, endedAt } = call;
  registry.increment("openclaw_model_call_total", [agent, provider, model, outcome, error?.code ?? ""]);
  registry.observe(
    "openclaw_model_call_duration_seconds",
    [provider, model, outcome],
    toSeconds(endedAt - startedAt),
  );
  if (firstEventAt !== undefined) {
    registry.observe(
      "openclaw_model_call_time_to_first_token_seconds",
      [provider, model],
      toSeconds(firstEventAt - startedAt),
    );
  }
  if (usage === undefined) return;
  const cost = computeCallCost(run, call.model, usage);
  if (cost !== undefined)
    registry.increment("openclaw_model_cost_usd_total", [agent, provider, model], cost / 1e6);
  const { input, cacheRead, cacheWrite, output, reasoning } = toTokenCounts(usage);
  const types = { input, cache_read: cacheRead, cache_write: cacheWrite, output, reasoning };
  for (const [type, tokens] of Object.entries(types))
    if (tokens > 0) registry.increment("openclaw_model_tokens_total", [agent, provider, model, type], tokens);
  registry.observe("openclaw_gen_ai_client_token_usage", [provider, model, "input"], usage.input);
  registry.observe("openclaw_gen_ai_client_token_usage", [provider, model, "output"], usage.output);
}
