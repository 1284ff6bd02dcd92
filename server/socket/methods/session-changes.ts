/** `sessions.patch`, `.reset`, `.delete`, `.compact` and `.backup`: the methods that change or copy sessions. */
import type { sessionsBackup } from "../../../contracts/socket/backup.ts";
import type {
  sessionsBranch,
  sessionsCompact,
  sessionsCreate,
  sessionsDelete,
  sessionsPatch,
  sessionsReset,
  sessionsRewind,
} from "../../../contracts/socket/session-changes.ts";
import type { SessionChanges } from "../../agent/session-changes.ts";
import type { CompactSession } from "../../agent/compact-session.ts";
import type { GetAgents } from "../../agent/agents.ts";
import type { AbortElsewhere } from "../../agent/abort-elsewhere.ts";
import type { RunningRuns } from "../../agent/running-runs.ts";
import type { FindRoute } from "../../agent/route.ts";
import { requireOfferedModel } from "../../agent/session-settings.ts";
import type { Backup } from "../../agent/sessions/backup.ts";
import type { SessionCatalog } from "../../agent/sessions/catalog.ts";
import { resolveSessionKey } from "../../agent/sessions/session-keys.ts";
import type { NewId } from "../../lib/ports.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { InFlightRequests } from "../../transport/in-flight.ts";
import type { Runs } from "../start-run.ts";
import type { Caller, MethodHandler } from "../handler.ts";
import { findSocketRoute } from "../socket-route.ts";
import { toSessionRow } from "./sessions.ts";

interface SessionChangeMethods {
  readonly "sessions.create": MethodHandler<typeof sessionsCreate>;
  readonly "sessions.patch": MethodHandler<typeof sessionsPatch>;
  readonly "sessions.reset": MethodHandler<typeof sessionsReset>;
  readonly "sessions.delete": MethodHandler<typeof sessionsDelete>;
  readonly "sessions.compact": MethodHandler<typeof sessionsCompact>;
  readonly "sessions.rewind": MethodHandler<typeof sessionsRewind>;
  readonly "sessions.branch": MethodHandler<typeof sessionsBranch>;
  readonly "sessions.backup": MethodHandler<typeof sessionsBackup>;
}

interface SessionChangeDeps {
  readonly sessions: SessionCatalog;
  readonly getAgents: GetAgents;
  readonly running: RunningRuns;
  readonly abortElsewhere: AbortElsewhere;
  readonly runs: Runs;
  readonly compact: CompactSession;
  readonly sessionChanges: SessionChanges;
  readonly backup: () => Promise<Backup>;
  readonly inFlight: InFlightRequests;
  readonly findRoute: FindRoute;
  readonly newId: NewId;
  /** Returns the agent of a bare session key, for the credential of this name. */
  readonly getDefaultAgentId: (credential: string) => string;
}

const defaultKeepTokens = 2_000;

export function createSessionChangeMethods(deps: SessionChangeDeps): SessionChangeMethods {
  const {
    sessions,
    getAgents,
    findRoute,
    running,
    runs,
    compact,
    backup,
    inFlight,
    getDefaultAgentId,
    newId,
  } = deps;
  const resolveKey = (key: string, { credential }: Caller): string =>
    resolveSessionKey(key, getDefaultAgentId(credential.name), credential.name);
  const abortRuns = (key: string): void => {
    const matches = ({ sessionKey }: { readonly sessionKey: string | undefined }): boolean =>
      sessionKey === key;
    runs.abort(matches);
    running.abort(matches);
    void deps.abortElsewhere({ sessionKey: key });
  };

  return {
    "sessions.create"({ params, caller }) {
      const { key: sessionKey = newId("session-"), agentId } = params;
      const target = { agentId, sessionKey };
      const route = findSocketRoute(findRoute, caller.credential.name, target);
      return { ok: true, key: route.sessionKey ?? sessionKey, agentId: route.agent.id };
    },
    async "sessions.patch"({ params, caller }) {
      const key = resolveKey(params.key, caller);
      const { label, model, thinkingLevel: thinking } = params;
      const { agentId } = await sessions.find(key, caller.credential.name);
      const agent = getAgents(caller.credential.name).find(agentId);
      if (typeof model === "string" && agent !== undefined) requireOfferedModel(agent, model, "model");
      const session = await sessions.patch(key, caller.credential.name, { label, model, thinking });
      return { ok: true, key, session: toSessionRow(session) };
    },
    async "sessions.reset"({ params, caller }) {
      const key = resolveKey(params.key, caller);
      await sessions.find(key, caller.credential.name);
      abortRuns(key);
      const { id } = await sessions.reset(key, caller.credential.name);
      return { ok: true, key, sessionId: id };
    },
    async "sessions.delete"({ params, caller }) {
      const key = resolveKey(params.key, caller);
      await sessions.find(key, caller.credential.name);
      abortRuns(key);
      await sessions.remove(key, caller.credential.name);
      return { ok: true, key, deleted: true };
    },
    async "sessions.compact"({ params, caller, requestId, trace }) {
      const key = resolveKey(params.key, caller);
      const { name: credential } = caller.credential;
      const { agentId } = await sessions.find(key, credential);
      const agent = getAgents(credential).find(agentId);
      if (agent === undefined) {
        const message = `The agent "${agentId}" of this session no longer exists, or this key may not use it.`;
        throw new GatewayError("session_not_found", message);
      }
      const inFlightCompaction = inFlight.trackDetached(
        { name: "sessions.compact", id: requestId },
        caller.credential.revoked,
      );
      try {
        const { keepTokens = defaultKeepTokens } = params;
        const compaction = await compact({
          key,
          agent,
          credential,
          runId: requestId,
          requestId,
          trace,
          keepTokens,
          signal: inFlightCompaction.signal,
        });
        if (compaction === undefined) return { ok: true, key, compacted: false };
        return { ok: true, key, compacted: true, summary: compaction.summary, kept: compaction.keptCount };
      } finally {
        inFlightCompaction.finish();
      }
    },
    async "sessions.rewind"({ params, caller, requestId }) {
      const key = resolveKey(params.key, caller);
      const { name: credential } = caller.credential;
      const { agentId } = await sessions.find(key, credential);
      const change = { key, agentId, credential, seq: params.seq, runId: requestId };
      return { ok: true, key, removed: await deps.sessionChanges.rewind(change) };
    },
    async "sessions.branch"({ params, caller }) {
      const key = resolveKey(params.key, caller);
      const { name: credential } = caller.credential;
      const { agentId } = await sessions.find(key, credential);
      const target = { agentId, sessionKey: newId("session-") };
      const newKey = findSocketRoute(findRoute, credential, target).sessionKey ?? target.sessionKey;
      const { seq, label } = params;
      const entries = await deps.sessionChanges.branch({ key, newKey, agentId, credential, seq, label });
      return { ok: true, key: newKey, entries };
    },
    async "sessions.backup"() {
      return { ok: true, ...(await backup()) };
    },
  };
}
