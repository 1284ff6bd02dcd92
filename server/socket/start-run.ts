/** Starts runs for `agent` and `chat.send`: one run for each idempotency key. A run continues when its caller disconnects. */
import type { z } from "zod";
import type { RunResult } from "../../contracts/socket/run.ts";
import { requireFinishReason } from "../agent/fold-run.ts";
import { findStoredOutcome } from "../agent/sessions/find-stored-outcome.ts";
import type { SessionCatalog } from "../agent/sessions/catalog.ts";
import type { FindRoute } from "../agent/route.ts";
import type { Clock } from "../lib/ports.ts";
import type { Run, RunAgent, RunEvent, Turn } from "../agent/types.ts";
import type { ReadAttachmentsOf } from "../attachments/attachment.ts";
import { resolveTurns } from "../attachments/unresolved-turns.ts";
import { GatewayError } from "../lib/errors.ts";
import type { InFlightRequests } from "../transport/in-flight.ts";
import { toUserTurn, toRun, type RunRequest } from "./run-params.ts";
import { withStoredFailure, type ClaimKey } from "./idempotency.ts";
import type { SerializedResult } from "./serialized-result.ts";
import { findSocketRoute } from "./socket-route.ts";
import { toUsage } from "./usage.ts";

type Result = z.input<typeof RunResult>;

export type StartResult =
  | { readonly state: "in_flight"; readonly runId: string }
  | { readonly state: "done"; readonly runId: string; readonly result: SerializedResult<Result> }
  | {
      readonly state: "started";
      readonly runId: string;
      readonly sessionKey: string;
      /** Call it once, after the caller is informed. Settles when the run has ended. */
      run(): Promise<SerializedResult<Result>>;
    };

export type RunIdentity = Pick<Run, "id" | "credential" | "sessionKey">;

export interface Runs {
  /** Rejects when an attachment is rejected, or when a run with this key has failed before. */
  start(request: RunRequest): Promise<StartResult>;
  /** Aborts the matching runs that this module has started, also those not yet running. Returns their ids. */
  abort(matches: (run: RunIdentity) => boolean): readonly string[];
}

interface RunsDeps {
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly readAttachments: ReadAttachmentsOf;
  readonly claimKey: ClaimKey;
  readonly sessions: SessionCatalog;
  readonly inFlight: InFlightRequests;
  readonly clock: Clock;
}

export function createRuns(deps: RunsDeps): Runs {
  const { claimKey, inFlight, sessions, clock } = deps;
  const controllers = new Map<RunIdentity, AbortController>();

  return {
    async start(request) {
      const { credential, params, method } = request;
      const { idempotencyKey: runId, agentId, model } = params;
      const route = findSocketRoute(deps.findRoute, credential, {
        agentId,
        model,
        sessionKey: request.sessionKey,
      });
      const sessionKey = route.sessionKey ?? request.sessionKey;
      const claimResult = await claimKey({
        credential,
        key: runId,
        method,
        params: { ...params, sessionKey },
      });
      if (claimResult.state === "in_flight") return { state: "in_flight", runId };
      if (claimResult.state === "stored") {
        return { state: "done", runId, result: claimResult.getResult<Result>() };
      }

      const startedAt = clock();
      const storedResult = await withStoredFailure(claimResult, () =>
        findStoredResult(sessionKey, credential, runId),
      );
      if (storedResult !== undefined) {
        return { state: "done", runId, result: await claimResult.complete(storedResult) };
      }
      const inFlightRun = inFlight.trackDetached({ name: method, id: runId }, request.revoked);
      const controller = new AbortController();
      const signal = AbortSignal.any([inFlightRun.signal, controller.signal]);
      const identity = { id: runId, credential, sessionKey };
      controllers.set(identity, controller);
      const finish = (): void => {
        controllers.delete(identity);
        inFlightRun.finish();
      };
      const turns = await withStoredFailure(claimResult, () => resolveAttachments(request, signal)).catch(
        (error: unknown) => {
          finish();
          throw error;
        },
      );
      const run = toRun(request, route, sessionKey, turns, signal);
      return {
        state: "started",
        runId,
        sessionKey,
        run: () =>
          withStoredFailure(claimResult, async () => {
            const result = await collectResult(run, deps.runAgent, () => clock() - startedAt);
            return claimResult.complete(result);
          }).finally(finish),
      };
    },
    abort(matches) {
      const found = [...controllers].filter(([run]) => matches(run));
      for (const [, controller] of found) controller.abort();
      return found.map(([{ id }]) => id);
    },
  };

  async function resolveAttachments(
    { params, credential }: RunRequest,
    signal: AbortSignal,
  ): Promise<readonly Turn[]> {
    try {
      return await resolveTurns([toUserTurn(params)], deps.readAttachments(credential), signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
      throw signal.reason instanceof GatewayError
        ? signal.reason
        : new GatewayError("run_aborted", "The run was aborted before it started.");
    }
  }

  /** Returns the result of a run that ended before a restart of the gateway. Throws `run_interrupted`. */
  async function findStoredResult(
    sessionKey: string,
    credential: string,
    runId: string,
  ): Promise<Result | undefined> {
    const found = await findStoredOutcome(sessions, sessionKey, credential, runId);
    if (found === undefined) return undefined;
    if (found.outcome === "interrupted") {
      const message =
        "The gateway stopped during this run. Read the history, and call again with a new idempotencyKey.";
      throw new GatewayError("run_interrupted", message, { retry: false });
    }
    const agentMeta = { agentId: sessionKey.split(":")[1] ?? "", sessionKey };
    const meta = { durationMs: 0, stopReason: "stop" as const, agentMeta };
    return toResult(runId, found.text, meta);
  }
}

/** Runs the agent. Rejects with the error of the run, or with `run_aborted`. */
async function collectResult(run: Run, runAgent: RunAgent, elapsedMs: () => number): Promise<Result> {
  const { id, agent, sessionKey = "" } = run;
  let text = "";
  let model: string | undefined;
  let end: Extract<RunEvent, { type: "end" }> | undefined;
  await runAgent(run, {
    emit(event) {
      if (event.type === "text" || event.type === "refusal") text += event.text;
      else if (event.type === "step") model = event.model;
      else if (event.type === "end") end = event;
    },
  });
  if (end === undefined) throw new GatewayError("internal_error", "The run ended without an end event.");
  const stopReason = requireFinishReason(end);
  const { usage } = end;
  const agentMeta = {
    agentId: agent.id,
    sessionKey,
    ...(model !== undefined && { model }),
    ...(usage !== undefined && { usage: toUsage(usage) }),
  };
  return toResult(id, text, { durationMs: elapsedMs(), stopReason, agentMeta });
}

function toResult(runId: string, text: string, meta: NonNullable<Result["result"]>["meta"]): Result {
  const payloads = text === "" ? [] : [{ text }];
  return { runId, status: "ok", summary: "completed", result: { payloads, meta } };
}
