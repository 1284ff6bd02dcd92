/** `agent`, `agent.wait`, `chat.send` and `chat.abort`. */
import type { agent, agentWait } from "../../../contracts/socket/run.ts";
import type { chatAbort, chatSend } from "../../../contracts/socket/chat.ts";
import type { ResultOf } from "../../../contracts/socket/method.ts";
import type { RunEnd, RunEnds } from "../../agent/run-ends.ts";
import type { RunningRuns } from "../../agent/running-runs.ts";
import { maySee } from "../../agent/sessions/access.ts";
import type { SessionCatalog } from "../../agent/sessions/catalog.ts";
import { fullKey } from "../../agent/sessions/session-key.ts";
import { mainKeyOf } from "../../agent/sessions/own-keys.ts";
import type { Clock } from "../../agent/types.ts";
import type { RunPlace, Runs } from "../begin-run.ts";
import type { MethodHandler } from "../handler.ts";

interface RunMethods {
  readonly agent: MethodHandler<typeof agent>;
  readonly "agent.wait": MethodHandler<typeof agentWait>;
  readonly "chat.send": MethodHandler<typeof chatSend>;
  readonly "chat.abort": MethodHandler<typeof chatAbort>;
}

interface RunMethodParts {
  readonly runs: Runs;
  readonly ends: RunEnds;
  readonly running: RunningRuns;
  readonly sessions: Pick<SessionCatalog, "find">;
  /** A bare key is one of this agent's, for the credential of this name. */
  readonly defaultAgentOf: (credential: string) => string;
  readonly clock: Clock;
}

const waitMs = 30_000;

export function createRunMethods(parts: RunMethodParts): RunMethods {
  const { runs, ends, running, sessions, defaultAgentOf, clock } = parts;

  return {
    async agent({ params, caller, requestId, accept }) {
      const begun = await runs.begin({
        method: "agent",
        params,
        sessionKey: params.sessionKey ?? mainKeyOf(caller.credential.name),
        timeoutSeconds: params.timeout,
        credential: caller.credential.name,
        ended: caller.credential.ended,
        requestId,
      });
      if (begun.state === "in_flight") {
        return { runId: begun.runId, status: "in_flight", summary: "a call with this key still runs" };
      }
      if (begun.state === "done") return begun.result;
      const { runId, sessionKey } = begun;
      await accept({ runId, status: "accepted", sessionKey, acceptedAt: clock() });
      return begun.run();
    },
    async "chat.send"({ params, caller, requestId }) {
      const { timeoutMs } = params;
      const begun = await runs.begin({
        method: "chat.send",
        params,
        sessionKey: params.sessionKey,
        timeoutSeconds: timeoutMs === undefined ? undefined : timeoutMs / 1000,
        credential: caller.credential.name,
        ended: caller.credential.ended,
        requestId,
      });
      if (begun.state === "in_flight") return { runId: begun.runId, status: "in_flight" };
      if (begun.state === "done") return { runId: begun.result.runId, status: "ok" };
      // The answer leaves first; what becomes of the run is told by events.
      setImmediate(() => void begun.run().catch(() => {}));
      return { runId: begun.runId, status: "started" };
    },
    async "agent.wait"({ params, caller, gone }) {
      const { runId, timeoutMs = waitMs } = params;
      const until = AbortSignal.any([gone, AbortSignal.timeout(timeoutMs)]);
      const ended = await ends.wait(runId, caller.credential.name, until);
      return ended === undefined ? { runId, status: "timeout" } : toWaitResult(runId, ended);
    },
    async "chat.abort"({ params, caller }) {
      const { name } = caller.credential;
      const key = fullKey(params.sessionKey, defaultAgentOf(name));
      // Whoever owns a session may end what others run in it; of a new one only the runs are known.
      const owned = await sessions.find(key, name).then(
        () => true,
        () => false,
      );
      const matches = ({ id, credential, sessionKey }: RunPlace): boolean =>
        sessionKey === key &&
        (owned || maySee(name, credential)) &&
        (params.runId === undefined || params.runId === id);
      const ids = new Set(runs.abort(matches));
      running.abort((run) => {
        const found = matches(run);
        if (found) ids.add(run.id);
        return found;
      });
      return { ok: true, aborted: ids.size > 0, runIds: [...ids] };
    },
  };
}

function toWaitResult(
  runId: string,
  { sessionKey, startedAt, endedAt, end }: RunEnd,
): ResultOf<typeof agentWait> {
  const { reason, error } = end;
  const well = reason !== "error" && reason !== "aborted";
  return {
    runId,
    status: well ? "ok" : "error",
    ...(sessionKey !== undefined && { sessionKey }),
    ...(startedAt !== undefined && { startedAt }),
    endedAt,
    stopReason: reason,
    ...(!well && {
      error: (error?.message ?? "The run was aborted.").slice(0, 4096),
      errorCode: error?.code ?? "run_aborted",
    }),
  };
}
