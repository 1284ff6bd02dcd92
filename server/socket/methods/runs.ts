/** `agent`, `agent.wait`, `chat.send` and `chat.abort`. */
import type { runsList } from "../../../contracts/socket/run-list.ts";
import type { agent, agentWait } from "../../../contracts/socket/run.ts";
import type { chatAbort, chatSend } from "../../../contracts/socket/chat.ts";
import type { ParamsOf, ResultOf } from "../../../contracts/socket/method.ts";
import type { AbortElsewhere } from "../../agent/abort-elsewhere.ts";
import type { RunOutcome, RunOutcomes } from "../../agent/run-outcomes.ts";
import type { ListedRun, RunList } from "../../agent/run-list.ts";
import type { RunningRuns } from "../../agent/running-runs.ts";
import { canView, ignoreSessionNotFound } from "../../agent/sessions/permissions.ts";
import type { Session, SessionCatalog } from "../../agent/sessions/catalog.ts";
import { mainName, resolveSessionKey } from "../../agent/sessions/session-keys.ts";
import type { Clock } from "../../lib/ports.ts";
import type { RunIdentity, Runs } from "../start-run.ts";
import { findSession } from "../find-session.ts";
import type { MethodHandler } from "../handler.ts";

interface RunMethods {
  readonly agent: MethodHandler<typeof agent>;
  readonly "agent.wait": MethodHandler<typeof agentWait>;
  readonly "runs.list": MethodHandler<typeof runsList>;
  readonly "chat.send": MethodHandler<typeof chatSend>;
  readonly "chat.abort": MethodHandler<typeof chatAbort>;
}

interface RunMethodDeps {
  readonly runs: Runs;
  readonly outcomes: RunOutcomes;
  readonly running: RunningRuns;
  readonly runList: RunList;
  readonly abortElsewhere: AbortElsewhere;
  readonly sessions: Pick<SessionCatalog, "find" | "list">;
  /** Returns the agent of a bare session key, for the credential of this name. */
  readonly getDefaultAgentId: (credential: string) => string;
  readonly clock: Clock;
}

const defaultWaitMs = 30_000;

export function createRunMethods(deps: RunMethodDeps): RunMethods {
  const { runs, outcomes, running, runList, abortElsewhere, sessions, getDefaultAgentId, clock } = deps;

  /** A session id names a conversation of the caller, or else a session that has the id in its key. */
  const chooseSessionKey = async (
    { sessionKey, sessionId, agentId }: ParamsOf<typeof agent>,
    credential: string,
  ): Promise<string> => {
    if (sessionKey !== undefined) return sessionKey;
    if (sessionId === undefined) return mainName;
    const isWanted = (session: Session): boolean =>
      session.id === sessionId && (agentId === undefined || session.agentId === agentId.toLowerCase());
    const session = await findSession(sessions, credential, isWanted).catch(ignoreSessionNotFound);
    return session?.key ?? `explicit:${sessionId}`;
  };

  return {
    async agent({ params, caller, requestId, trace, accept }) {
      const startResult = await runs.start({
        method: "agent",
        params,
        sessionKey: await chooseSessionKey(params, caller.credential.name),
        timeoutSeconds: params.timeout,
        credential: caller.credential.name,
        revoked: caller.credential.revoked,
        requestId,
        trace,
      });
      if (startResult.state === "in_flight") {
        return { runId: startResult.runId, status: "in_flight", summary: "a call with this key still runs" };
      }
      if (startResult.state === "done") return startResult.result;
      const { runId, sessionKey } = startResult;
      await accept({ runId, status: "accepted", sessionKey, acceptedAt: clock() });
      return startResult.run();
    },
    async "chat.send"({ params, caller, requestId, trace }) {
      const { timeoutMs } = params;
      const startResult = await runs.start({
        method: "chat.send",
        params,
        sessionKey: params.sessionKey,
        timeoutSeconds: timeoutMs === undefined ? undefined : timeoutMs / 1000,
        credential: caller.credential.name,
        revoked: caller.credential.revoked,
        requestId,
        trace,
      });
      if (startResult.state === "in_flight") return { runId: startResult.runId, status: "in_flight" };
      if (startResult.state === "done") return { runId: startResult.runId, status: "ok" };
      // The result is sent before the run starts. The events of the run report its outcome.
      setImmediate(() => void startResult.run().catch(() => {}));
      return { runId: startResult.runId, status: "started" };
    },
    async "agent.wait"({ params, caller, getSignal }) {
      const { runId, timeoutMs = defaultWaitMs } = params;
      const waitSignal = AbortSignal.any([getSignal(), AbortSignal.timeout(timeoutMs)]);
      const outcome = await outcomes.wait(runId, caller.credential.name, waitSignal);
      return outcome === undefined ? { runId, status: "timeout" } : toWaitResult(runId, outcome);
    },
    "runs.list"({ caller }) {
      const { name } = caller.credential;
      const isVisible = ({ run, owner }: ListedRun): boolean =>
        canView(name, run.credential) || owner === name;
      return { ts: clock(), runs: runList.list().filter(isVisible).map(toActiveRun) };
    },
    async "chat.abort"({ params, caller }) {
      const { name } = caller.credential;
      const key = resolveSessionKey(params.sessionKey, getDefaultAgentId(name), name);
      const ids = new Set<string>();
      const abort = (isAllowed: (run: RunIdentity) => boolean): void => {
        const matches = (run: RunIdentity): boolean => {
          const isMatch =
            run.sessionKey === key &&
            (params.runId === undefined || params.runId === run.id) &&
            isAllowed(run);
          if (isMatch) ids.add(run.id);
          return isMatch;
        };
        runs.abort(matches);
        running.abort(matches);
      };
      // A caller can abort its own runs even when the store fails, or before the session is stored.
      abort(({ credential }) => canView(name, credential));
      // The owner of a session can also abort the runs of other credentials in it.
      const session = await sessions.find(key, name).catch((error: unknown) => {
        if (params.runId !== undefined && ids.size > 0) return undefined;
        return ignoreSessionNotFound(error);
      });
      if (session !== undefined) abort(() => true);
      const viewer = session === undefined ? name : undefined;
      for (const id of await abortElsewhere({ sessionKey: key, runId: params.runId, viewer })) ids.add(id);
      return { ok: true, aborted: ids.size > 0, runIds: [...ids] };
    },
  };
}

function toActiveRun({
  run,
  startedAt,
  wait,
  tool,
  ...counts
}: ListedRun): ResultOf<typeof runsList>["runs"][number] {
  const { id: runId, requestId, operation, credential, agent, sessionKey } = run;
  const { createdAt, model, steps, inputTokens, outputTokens } = counts;
  return {
    runId,
    requestId,
    operation,
    credential,
    agentId: agent.id,
    ...(sessionKey !== undefined && { sessionKey }),
    model,
    createdAt,
    ...(startedAt !== undefined && { startedAt }),
    ...(wait !== undefined && { wait }),
    steps,
    ...(tool !== undefined && { tool }),
    inputTokens,
    outputTokens,
  };
}

function toWaitResult(
  runId: string,
  { sessionKey, startedAt, endedAt, reason, error }: RunOutcome,
): ResultOf<typeof agentWait> {
  const isSuccess = reason !== "error" && reason !== "aborted";
  return {
    runId,
    status: isSuccess ? "ok" : "error",
    ...(sessionKey !== undefined && { sessionKey }),
    ...(startedAt !== undefined && { startedAt }),
    endedAt,
    stopReason: reason,
    ...(!isSuccess && {
      error: error?.message ?? "The run was aborted.",
      errorCode: error?.code ?? "run_aborted",
    }),
  };
}
