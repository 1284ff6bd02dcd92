/** Begins a run for a caller of the socket, once for every idempotency key; it ends whether or not the caller stays. */
import type { z } from "zod";
import type { RunResult } from "../../contracts/socket/run.ts";
import { finished } from "../agent/fold.ts";
import { recallRun } from "../agent/sessions/recall-run.ts";
import type { SessionCatalog } from "../agent/sessions/catalog.ts";
import type { FindRoute, Route } from "../agent/route.ts";
import type { Clock, Run, RunAgent, RunEvent, ThinkingLevel } from "../agent/types.ts";
import { GatewayError, toGatewayError } from "../errors.ts";
import type { Departures } from "../http/departures.ts";
import { keptFailure, payloadOf, type Claim, type Kept } from "./claims.ts";
import { toUsage } from "./usage.ts";

export interface AskedRun {
  readonly method: string;
  readonly params: {
    readonly message: string;
    readonly idempotencyKey: string;
    readonly agentId?: string | undefined;
    readonly model?: string | undefined;
    readonly thinking?: ThinkingLevel | undefined;
    readonly extraSystemPrompt?: string | undefined;
  };
  readonly sessionKey: string;
  readonly timeoutSeconds: number | undefined;
  readonly credential: string;
  readonly requestId: string;
}

type Result = z.input<typeof RunResult>;

export type Begun =
  | { readonly state: "in_flight"; readonly runId: string }
  | { readonly state: "done"; readonly result: Result }
  | {
      readonly state: "begun";
      readonly runId: string;
      readonly sessionKey: string;
      /** To be called when the caller has been told; resolves or rejects when the run has ended. */
      run(): Promise<Result>;
    };

export interface Runs {
  /** Rejects with the failure of the run when it has run before. */
  begin(asked: AskedRun): Promise<Begun>;
  /** Aborts runs that have begun here and may not be known elsewhere yet. Ids of those that matched. */
  abort(matches: (run: Pick<Run, "id" | "credential" | "sessionKey">) => boolean): readonly string[];
}

interface RunsParts {
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly claim: Claim;
  readonly sessions: SessionCatalog;
  readonly departures: Departures;
  readonly clock: Clock;
}

export function createRuns(parts: RunsParts): Runs {
  const { claim, departures, sessions, clock } = parts;
  const begun = new Map<Run, AbortController>();

  return {
    async begin(asked) {
      const { credential, params, method } = asked;
      const { idempotencyKey: runId } = params;
      const route = routeOf(asked, parts.findRoute);
      const sessionKey = route.sessionKey ?? asked.sessionKey;
      const claimed = await claim({ credential, key: runId, method, params: { ...params, sessionKey } });
      if (claimed.state === "in_flight") return { state: "in_flight", runId };
      // Kept by this very file.
      if (claimed.state === "kept") return { state: "done", result: payloadOf(claimed.answer) as Result };

      const startedAt = clock();
      const recalled = await recall(sessionKey, credential, runId);
      if (recalled !== undefined) {
        await claimed.settle(recalled);
        return { state: "done", result: payloadOf(recalled) as Result };
      }
      const departure = departures.detach();
      const controller = new AbortController();
      const signal = AbortSignal.any([departure.signal, controller.signal]);
      const run = toRun(asked, route, sessionKey, signal);
      begun.set(run, controller);
      return {
        state: "begun",
        runId,
        sessionKey,
        async run() {
          try {
            const result = await consume(run, parts.runAgent(run), () => clock() - startedAt);
            await claimed.settle({ payload: result });
            return result;
          } catch (thrown) {
            const error = toGatewayError(thrown);
            await claimed.settle(keptFailure(error));
            throw error;
          } finally {
            begun.delete(run);
            departure.done();
          }
        },
      };
    },
    abort(matches) {
      const found = [...begun].filter(([run]) => matches(run));
      for (const [, controller] of found) controller.abort();
      return found.map(([{ id }]) => id);
    },
  };

  async function recall(sessionKey: string, credential: string, runId: string): Promise<Kept | undefined> {
    const recalled = await recallRun(sessions, sessionKey, credential, runId);
    if (recalled === undefined) return undefined;
    if (recalled.outcome === "interrupted") {
      const message =
        "The gateway stopped in the middle of this run. Look at the history, and ask again with a new idempotencyKey.";
      return { error: { code: "run_interrupted", message, param: null } };
    }
    const agentMeta = { agentId: sessionKey.split(":")[1] ?? "", sessionKey };
    const meta = { durationMs: 0, stopReason: "stop" as const, agentMeta };
    return { payload: resultOf(runId, recalled.text, meta) };
  }
}

function routeOf({ params, sessionKey, credential }: AskedRun, findRoute: FindRoute): Route {
  return findRoute({
    surface: "socket",
    credential,
    agentId: params.agentId,
    model: undefined,
    sessionKey,
    user: undefined,
    backendModel: params.model,
    fields: { agentId: "agentId", sessionKey: "sessionKey", model: "model" },
  });
}

function toRun(
  { params, credential, requestId, timeoutSeconds = Infinity }: AskedRun,
  { agent, models }: Route,
  sessionKey: string,
  signal: AbortSignal,
): Run {
  const { idempotencyKey: id, message, extraSystemPrompt, thinking } = params;
  return {
    id,
    requestId,
    credential,
    agent: timeoutSeconds < agent.timeoutSeconds ? { ...agent, timeoutSeconds } : agent,
    models,
    instructions: extraSystemPrompt ?? "",
    turns: [{ role: "user", content: [{ type: "text", text: message }] }],
    turnsParam: "message",
    turnParams: ["message"],
    sessionKey,
    tools: [],
    toolChoice: "auto",
    parallelToolCalls: true,
    responseFormat: undefined,
    sampling: {},
    maxOutputTokens: undefined,
    stop: [],
    thinking,
    stream: true,
    signal,
  };
}

/** Throws the run's error, or `run_aborted` when somebody stopped it. */
async function consume(
  { id, agent, sessionKey = "" }: Run,
  events: AsyncIterable<RunEvent>,
  elapsedMs: () => number,
): Promise<Result> {
  let text = "";
  let model: string | undefined;
  for await (const event of events) {
    if (event.type === "text" || event.type === "refusal") text += event.text;
    else if (event.type === "step") model = event.model;
    else if (event.type === "end") {
      const stopReason = finished(event);
      const { usage } = event;
      const agentMeta = {
        agentId: agent.id,
        sessionKey,
        ...(model !== undefined && { model }),
        ...(usage !== undefined && { usage: toUsage(usage) }),
      };
      return resultOf(id, text, { durationMs: elapsedMs(), stopReason, agentMeta });
    }
  }
  throw new GatewayError("internal_error", "A run ended without its end.");
}

function resultOf(runId: string, text: string, meta: NonNullable<Result["result"]>["meta"]): Result {
  const payloads = text === "" ? [] : [{ text }];
  return { runId, status: "ok", summary: "completed", result: { payloads, meta } };
}
