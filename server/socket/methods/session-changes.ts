/** `sessions.patch`, `.reset`, `.delete` and `.compact`. */
import type {
  sessionsCompact,
  sessionsDelete,
  sessionsPatch,
  sessionsReset,
} from "../../../contracts/socket/session-changes.ts";
import type { CompactSession } from "../../agent/compact-session.ts";
import type { AgentsFor } from "../../agent/agents.ts";
import type { RunningRuns } from "../../agent/running-runs.ts";
import { checkModel } from "../../agent/session-settings.ts";
import type { SessionCatalog } from "../../agent/sessions/catalog.ts";
import { fullKey } from "../../agent/sessions/session-key.ts";
import { GatewayError } from "../../errors.ts";
import type { Departures } from "../../http/departures.ts";
import type { Runs } from "../begin-run.ts";
import type { Caller, MethodHandler } from "../handler.ts";
import { rowOf } from "./sessions.ts";

interface SessionChangeMethods {
  readonly "sessions.patch": MethodHandler<typeof sessionsPatch>;
  readonly "sessions.reset": MethodHandler<typeof sessionsReset>;
  readonly "sessions.delete": MethodHandler<typeof sessionsDelete>;
  readonly "sessions.compact": MethodHandler<typeof sessionsCompact>;
}

interface SessionChangeParts {
  readonly sessions: SessionCatalog;
  readonly agentsFor: AgentsFor;
  readonly running: RunningRuns;
  readonly runs: Runs;
  readonly compact: CompactSession;
  readonly departures: Departures;
  /** A bare key is one of this agent's, for the credential of this name. */
  readonly defaultAgentOf: (credential: string) => string;
}

const keptTokens = 2_000;

export function createSessionChangeMethods(parts: SessionChangeParts): SessionChangeMethods {
  const { sessions, agentsFor, running, runs, compact, departures, defaultAgentOf } = parts;
  const full = (key: string, { credential }: Caller): string => fullKey(key, defaultAgentOf(credential.name));
  const abortRuns = (key: string): void => {
    const matches = ({ sessionKey }: { readonly sessionKey: string | undefined }): boolean =>
      sessionKey === key;
    runs.abort(matches);
    running.abort(matches);
  };

  return {
    async "sessions.patch"({ params, caller }) {
      const key = full(params.key, caller);
      const { label, model, thinkingLevel: thinking } = params;
      const { agentId } = await sessions.find(key, caller.credential.name);
      const agent = agentsFor(caller.credential.name).find(agentId);
      if (typeof model === "string" && agent !== undefined) checkModel(agent, model, "model");
      const session = await sessions.patch(key, caller.credential.name, { label, model, thinking });
      return { ok: true, key, session: rowOf(session) };
    },
    async "sessions.reset"({ params, caller }) {
      const key = full(params.key, caller);
      await sessions.find(key, caller.credential.name);
      abortRuns(key);
      const { id } = await sessions.reset(key, caller.credential.name);
      return { ok: true, key, sessionId: id };
    },
    async "sessions.delete"({ params, caller }) {
      const key = full(params.key, caller);
      await sessions.find(key, caller.credential.name);
      abortRuns(key);
      await sessions.remove(key, caller.credential.name);
      return { ok: true, key, deleted: true };
    },
    async "sessions.compact"({ params, caller, requestId }) {
      const key = full(params.key, caller);
      const { name: credential } = caller.credential;
      const { agentId } = await sessions.find(key, credential);
      const agent = agentsFor(credential).find(agentId);
      if (agent === undefined) {
        const message = `The agent "${agentId}" of this session is gone, or not for this key.`;
        throw new GatewayError("session_not_found", message);
      }
      const departure = departures.detach(caller.credential.ended);
      try {
        const { keepTokens = keptTokens } = params;
        const done = await compact({
          key,
          agent,
          credential,
          runId: requestId,
          keepTokens,
          signal: departure.signal,
        });
        if (done === undefined) return { ok: true, key, compacted: false };
        return { ok: true, key, compacted: true, summary: done.summary, kept: done.kept };
      } finally {
        departure.done();
      }
    },
  };
}
