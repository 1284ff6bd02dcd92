/** Composes the gateway protocol over WebSocket: the methods, the events and the connections. */
import type { AuthMode } from "../../contracts/config/auth.ts";
import { answerAborts, type AbortElsewhere } from "../agent/abort-elsewhere.ts";
import type { GetAgents } from "../agent/agents.ts";
import type { SessionChanges } from "../agent/session-changes.ts";
import type { CompactSession } from "../agent/compact-session.ts";
import type { FindRoute } from "../agent/route.ts";
import { createRunOutcomes } from "../agent/run-outcomes.ts";
import { createRunList } from "../agent/run-list.ts";
import type { RunningRuns } from "../agent/running-runs.ts";
import type { Backup } from "../agent/sessions/backup.ts";
import type { SessionCatalog } from "../agent/sessions/catalog.ts";
import type { Store } from "../agent/sessions/sql-store.ts";
import type { IdempotencyStore } from "../agent/sessions/idempotency.ts";
import type { InvokeTool } from "../agent/tools/invoke-tool.ts";
import type { ToolRegistry } from "../agent/tools/registry.ts";
import type { JsonLimits } from "../lib/json-limits.ts";
import type { Live } from "../lib/live.ts";
import type { Clock, Log, NewId } from "../lib/ports.ts";
import type { Workers } from "../lib/workers.ts";
import type { StartServerSpan } from "../lib/trace-context.ts";
import type { RunAgent } from "../agent/types.ts";
import type { ReadAttachmentsOf } from "../attachments/attachment.ts";
import type { ClientAddress } from "../auth/client-address.ts";
import type { Authenticate } from "../auth/authenticate.ts";
import { createSignInCodes } from "../auth/sign-in-codes.ts";
import type { KeyManager } from "../auth/key-manager.ts";
import type { FileStatus } from "../transport/config-status.ts";
import type { UsageReports } from "../telemetry/usage-report.ts";
import type { BodyBudget } from "../transport/body-budget.ts";
import type { InFlightRequests } from "../transport/in-flight.ts";
import type { LogTail } from "./log-tail.ts";
import { createRuns } from "./start-run.ts";
import { createIdempotency } from "./idempotency.ts";
import { createDispatch, type ObserveCall } from "./dispatch.ts";
import { createBroadcaster, type Broadcaster } from "./broadcaster.ts";
import type { SocketLimits } from "./limits.ts";
import { createAgentMethods } from "./methods/agents.ts";
import { createConfigMethods, type ConfigFile } from "./methods/config.ts";
import { createGatewayMethods } from "./methods/gateway.ts";
import { createKeyMethods } from "./methods/keys.ts";
import { createRunMethods } from "./methods/runs.ts";
import { createSessionChangeMethods } from "./methods/session-changes.ts";
import { createSessionMethods } from "./methods/sessions.ts";
import { createUsageMethods } from "./methods/usage.ts";
import { createModelTestMethods } from "./methods/model-test.ts";
import { createSignInCodeMethods } from "./methods/sign-in-code.ts";
import { createToolMethods, type ListMcpServers } from "./methods/tools.ts";
import { broadcastRuns } from "./run-broadcast.ts";
import { createSocketServer, type SocketServer } from "./socket-server.ts";
import { createGatewayState } from "./gateway-state.ts";

export interface SocketDeps {
  /** Returns the configuration without its secrets. */
  readonly getRedactedConfig: () => Readonly<Record<string, unknown>>;
  readonly getConfigStatus: () => FileStatus;
  readonly getConfigSchema: () => Readonly<Record<string, unknown>>;
  /** Undefined for a gateway whose configuration is no file. */
  readonly configFile: ConfigFile | undefined;
  readonly jsonLimits: Live<JsonLimits>;
  readonly limits: SocketLimits;
  readonly version: string;
  readonly authMode: AuthMode;
  readonly startedAt: number;
  readonly workers: Workers;
  readonly getAgents: GetAgents;
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly readAttachments: ReadAttachmentsOf;
  readonly running: RunningRuns;
  readonly abortElsewhere: AbortElsewhere;
  readonly nodes: Store["nodes"];
  readonly registry: ToolRegistry;
  readonly invoke: InvokeTool;
  readonly compact: CompactSession;
  readonly sessionChanges: SessionChanges;
  /** Longest wait for a run slot. */
  readonly getMaxSlotWaitMs: () => number;
  readonly listMcpServers: ListMcpServers;
  /** Path of the page for people; null when it is off. */
  readonly getPagePath: () => string | null;
  readonly sessions: SessionCatalog;
  /** Path of the file that the sessions are stored in. */
  readonly sessionsFile: string;
  readonly backup: () => Promise<Backup>;
  readonly keys: KeyManager;
  readonly idempotency: IdempotencyStore;
  readonly usage: UsageReports;
  readonly inFlight: InFlightRequests;
  readonly bodyBudget: BodyBudget;
  readonly logTail: LogTail;
  readonly authenticate: Authenticate;
  readonly clientAddress: ClientAddress;
  readonly isStopping: () => boolean;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly observeCall?: ObserveCall | undefined;
  readonly startServerSpan?: StartServerSpan | undefined;
}

export function createSocket(deps: SocketDeps): SocketServer {
  const { limits, getAgents, findRoute, running, sessions, clock, log } = deps;
  const getDefaultAgentId = (credential: string): string => getAgents(credential).default.id;
  const codes = createSignInCodes(clock);
  const connections = createBroadcaster();
  const broadcaster: Broadcaster = {
    ...connections,
    add(connection) {
      connections.add(connection);
      broadcast.request();
    },
  };
  const state = createGatewayState({ ...deps, broadcaster });
  const claimKey = createIdempotency(deps.idempotency, log);
  const runs = createRuns({ ...deps, claimKey });
  answerAborts(deps.nodes.bus, runs.abort);
  const outcomes = createRunOutcomes(running, deps.nodes.bus, clock);
  const runList = createRunList(running, deps);
  const broadcast = broadcastRuns({
    broadcaster,
    running,
    sessions,
    bus: deps.nodes.bus,
    clock,
  });
  const dispatch = createDispatch({
    ...deps,
    maxReplyBytes: limits.maxReplyBytes,
    handlers: {
      ...createGatewayMethods({ ...deps, state }),
      ...createAgentMethods(getAgents, findRoute),
      ...createModelTestMethods(deps),
      ...createSignInCodeMethods({ ...deps, codes }),
      ...createToolMethods({ ...deps, claimKey }),
      ...createRunMethods({ ...deps, runs, outcomes, runList, getDefaultAgentId }),
      ...createSessionMethods({
        ...deps,
        getDefaultAgentId,
        maxReplyBytes: limits.maxReplyBytes,
      }),
      ...createKeyMethods(deps),
      ...createUsageMethods({ usage: deps.usage, getDefaultAgentId, clock }),
      ...createConfigMethods(deps),
      ...createSessionChangeMethods({ ...deps, runs, getDefaultAgentId }),
    },
  });
  return createSocketServer({ ...deps, codes, broadcaster, state, dispatch, getDefaultAgentId });
}
