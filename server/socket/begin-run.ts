/** Begins a run for a caller of the socket, once for every idempotency key; it ends whether or not the caller stays. */
import type { z } from "zod";
import type { RunResult } from "../../contracts/socket/run.ts";
import { finished } from "../agent/fold.ts";
import { recallRun } from "../agent/sessions/recall-run.ts";
import type { SessionCatalog } from "../agent/sessions/catalog.ts";
import type { FindRoute } from "../agent/route.ts";
import type { Clock, Run, RunAgent, RunEvent, Turn } from "../agent/types.ts";
import type { ReadAttachments } from "../attachments/attachment.ts";
import { readTurns } from "../attachments/unread.ts";
import { GatewayError } from "../errors.ts";
import type { Departures } from "../http/departures.ts";
import { saidIn, toRun, type AskedRun } from "./asked-run.ts";
import { keepingFailure, payloadOf, type Claim, type Kept } from "./claims.ts";
import { routeOf } from "./route-of.ts";
import { toUsage } from "./usage.ts";

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

/** Which run it is, and where. */
export type RunPlace = Pick<Run, "id" | "credential" | "sessionKey">;

export interface Runs {
  /** Rejects when its attachments are refused, and with the failure of the run when it has run before. */
  begin(asked: AskedRun): Promise<Begun>;
  /** Aborts runs that have begun here and may not be known elsewhere yet. Ids of those that matched. */
  abort(matches: (run: RunPlace) => boolean): readonly string[];
}

interface RunsParts {
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly readAttachments: ReadAttachments;
  readonly claim: Claim;
  readonly sessions: SessionCatalog;
  readonly departures: Departures;
  readonly clock: Clock;
}

export function createRuns(parts: RunsParts): Runs {
  const { claim, departures, sessions, clock } = parts;
  const begun = new Map<RunPlace, AbortController>();

  return {
    async begin(asked) {
      const { credential, params, method } = asked;
      const { idempotencyKey: runId, agentId, model } = params;
      const route = routeOf(parts.findRoute, credential, { agentId, model, sessionKey: asked.sessionKey });
      const sessionKey = route.sessionKey ?? asked.sessionKey;
      const claimed = await claim({ credential, key: runId, method, params: { ...params, sessionKey } });
      if (claimed.state === "in_flight") return { state: "in_flight", runId };
      // Kept by this very file.
      if (claimed.state === "kept") return { state: "done", result: payloadOf(claimed.answer) as Result };

      const startedAt = clock();
      const recalled = await keepingFailure(claimed, () => recall(sessionKey, credential, runId));
      if (recalled !== undefined) {
        await claimed.settle(recalled);
        return { state: "done", result: payloadOf(recalled) as Result };
      }
      const departure = departures.detach(asked.ended);
      const controller = new AbortController();
      const signal = AbortSignal.any([departure.signal, controller.signal]);
      const place = { id: runId, credential, sessionKey };
      begun.set(place, controller);
      const over = (): void => {
        begun.delete(place);
        departure.done();
      };
      const turns = await keepingFailure(claimed, () => read(asked, signal)).catch((error: unknown) => {
        over();
        throw error;
      });
      const run = toRun(asked, route, sessionKey, turns, signal);
      return {
        state: "begun",
        runId,
        sessionKey,
        run: () =>
          keepingFailure(claimed, async () => {
            const result = await consume(run, parts.runAgent(run), () => clock() - startedAt);
            await claimed.settle({ payload: result });
            return result;
          }).finally(over),
      };
    },
    abort(matches) {
      const found = [...begun].filter(([run]) => matches(run));
      for (const [, controller] of found) controller.abort();
      return found.map(([{ id }]) => id);
    },
  };

  async function read({ params }: AskedRun, signal: AbortSignal): Promise<readonly Turn[]> {
    try {
      return await readTurns([saidIn(params)], parts.readAttachments, signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
      throw signal.reason instanceof GatewayError
        ? signal.reason
        : new GatewayError("run_aborted", "The run was aborted before it began.");
    }
  }

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
