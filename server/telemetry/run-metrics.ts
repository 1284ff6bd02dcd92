/** Counts runs, model calls, tokens and tool calls. The series of an agent and its models are looked up once. */
import type { ModelCallObservation, ObservedRun, ObserveRun } from "../agent/run-observer.ts";
import { memoize } from "../lib/memoize.ts";
import { splitModelRef } from "./model-ref.ts";
import { computeCallCost } from "./run-cost.ts";
import type { Add, Registry } from "./registry.ts";
import { toTokenCounts } from "./token-counts.ts";

const toSeconds = (ms: number): number => Math.max(0, ms) / 1_000;

export function createRunMetrics(registry: Registry): ObserveRun {
  const addQueueWait = registry.createHistogram("openclaw_queue_wait_seconds", []);
  const getAgent = memoize((agent) => createAgentSeries(registry, agent));

  return (run) => {
    const { models, sessionKey } = run;
    const agent = getAgent(run.agent.id);
    let steps = 0;
    let waitedUntil: number | undefined;
    return (observation) => {
      switch (observation.type) {
        case "admitted":
          waitedUntil = observation.at;
          if (sessionKey !== undefined) agent.addTurn(1);
          return;
        case "model_call":
          steps += 1;
          return recordModelCall(agent.getModel(observation.model), run, observation);
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
          const { addRun, addSeconds } = agent.getModel(models[0]?.ref ?? "").getRuns(outcome);
          addRun(1);
          addSeconds(toSeconds(endedAt - startedAt));
          agent.addSteps(steps);
          if (waitedUntil !== undefined) addQueueWait(toSeconds(waitedUntil - startedAt));
        }
      }
    };
  };
}

type AgentSeries = ReturnType<typeof createAgentSeries>;
type ModelSeries = ReturnType<AgentSeries["getModel"]>;

const createAgentSeries = (registry: Registry, agent: string) => ({
  addTurn: registry.createCounter("openclaw_session_turn_created_total", [agent]),
  addSteps: registry.createHistogram("openclaw_run_steps", [agent]),
  getModel: memoize((ref) => createModelSeries(registry, agent, ref)),
});

function createModelSeries(registry: Registry, agent: string, ref: string) {
  const { provider, model } = splitModelRef(ref);
  const createTokenCounter = (type: string): Add =>
    registry.createCounter("openclaw_model_tokens_total", [agent, provider, model, type]);
  return {
    getRuns: memoize((outcome) => ({
      addRun: registry.createCounter("openclaw_run_completed_total", [agent, provider, model, outcome]),
      addSeconds: registry.createHistogram("openclaw_run_duration_seconds", [
        agent,
        provider,
        model,
        outcome,
      ]),
    })),
    getCalls: memoize((outcome) => ({
      addSeconds: registry.createHistogram("openclaw_model_call_duration_seconds", [
        provider,
        model,
        outcome,
      ]),
      getCounter: memoize((code) =>
        registry.createCounter("openclaw_model_call_total", [agent, provider, model, outcome, code]),
      ),
    })),
    addFirstToken: registry.createHistogram("openclaw_model_call_time_to_first_token_seconds", [
      provider,
      model,
    ]),
    addCost: registry.createCounter("openclaw_model_cost_usd_total", [agent, provider, model]),
    tokens: {
      input: createTokenCounter("input"),
      cacheRead: createTokenCounter("cache_read"),
      cacheWrite: createTokenCounter("cache_write"),
      output: createTokenCounter("output"),
      reasoning: createTokenCounter("reasoning"),
    },
    addInput: registry.createHistogram("openclaw_gen_ai_client_token_usage", [provider, model, "input"]),
    addOutput: registry.createHistogram("openclaw_gen_ai_client_token_usage", [provider, model, "output"]),
  };
}

function recordModelCall(series: ModelSeries, run: ObservedRun, call: ModelCallObservation): void {
  const { outcome, usage, error, startedAt, firstEventAt, endedAt } = call;
  const calls = series.getCalls(outcome);
  calls.getCounter(error?.code ?? "")(1);
  calls.addSeconds(toSeconds(endedAt - startedAt));
  if (firstEventAt !== undefined) series.addFirstToken(toSeconds(firstEventAt - startedAt));
  if (usage === undefined) return;
  const cost = computeCallCost(run, call.model, usage);
  if (cost !== undefined) series.addCost(cost / 1e6);
  const { tokens } = series;
  const counts = toTokenCounts(usage);
  if (counts.input > 0) tokens.input(counts.input);
  if (counts.cacheRead > 0) tokens.cacheRead(counts.cacheRead);
  if (counts.cacheWrite > 0) tokens.cacheWrite(counts.cacheWrite);
  if (counts.output > 0) tokens.output(counts.output);
  if (counts.reasoning > 0) tokens.reasoning(counts.reasoning);
  series.addInput(usage.input);
  series.addOutput(usage.output);
}
