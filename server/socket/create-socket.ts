/** Composes the socket: every method with what it needs, the events, the connections. */
import type { Config } from "../../contracts/config/config.ts";
import type { AgentsFor } from "../agent/agents.ts";
import type { CompactSession } from "../agent/compact-session.ts";
import type { FindRoute } from "../agent/route.ts";
import { createRunEnds } from "../agent/run-ends.ts";
import type { RunningRuns } from "../agent/running-runs.ts";
import type { Backup } from "../agent/sessions/backup.ts";
import type { SessionCatalog } from "../agent/sessions/catalog.ts";
import type { IdempotencyStore } from "../agent/sessions/idempotency.ts";
import type { InvokeTool } from "../agent/tools/invoke-tool.ts";
import type { ToolRegistry } from "../agent/tools/registry.ts";
import type { Clock, Log, NewId, RunAgent } from "../agent/types.ts";
import type { ReadAttachments } from "../attachments/attachment.ts";
import type { ClientAddress } from "../gate/client-address.ts";
import type { Gate } from "../gate/credentials.ts";
import type { Keyring } from "../gate/keyring.ts";
import type { Departures } from "../http/departures.ts";
import type { LogTail } from "../log-tail.ts";
import { createRuns } from "./begin-run.ts";
import { createClaim } from "./claims.ts";
import { createDispatch } from "./dispatch.ts";
import { createHub } from "./hub.ts";
import type { SocketLimits } from "./limits.ts";
import { createAgentMethods } from "./methods/agents.ts";
import { createBackupMethod } from "./methods/backup.ts";
import { createGatewayMethods } from "./methods/gateway.ts";
import { createKeyMethods } from "./methods/keys.ts";
import { createRunMethods } from "./methods/runs.ts";
import { createSessionChangeMethods } from "./methods/session-changes.ts";
import { createSessionMethods } from "./methods/sessions.ts";
import { createToolMethods } from "./methods/tools.ts";
import { createRunFeed } from "./run-feed.ts";
import { createSocketServer, type SocketServer } from "./socket-server.ts";
import { createState } from "./state.ts";

export interface SocketParts {
  readonly config: Config;
  readonly limits: SocketLimits;
  readonly version: string;
  readonly authMode: "none" | "token" | "password";
  readonly startedAt: number;
  readonly agentsFor: AgentsFor;
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly readAttachments: ReadAttachments;
  readonly running: RunningRuns;
  readonly registry: ToolRegistry;
  readonly invoke: InvokeTool;
  readonly compact: CompactSession;
  readonly sessions: SessionCatalog;
  readonly backup: () => Promise<Backup>;
  readonly keys: Keyring;
  readonly idempotency: IdempotencyStore;
  readonly departures: Departures;
  readonly logTail: LogTail;
  readonly gate: Gate;
  readonly clientAddress: ClientAddress;
  readonly stopping: () => boolean;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
}

export function createSocket(parts: SocketParts): SocketServer {
  const { config, limits, agentsFor, findRoute, running, sessions, clock, log } = parts;
  const defaultAgentOf = (credential: string): string => agentsFor(credential).default.id;
  const json = { maxDepth: config.gateway.limits.maxJsonDepth, maxNodes: config.gateway.limits.maxJsonNodes };
  const hub = createHub();
  const state = createState({ hub, agentsFor, sessions, limits, clock });
  const claim = createClaim(parts.idempotency, log);
  const runs = createRuns({ ...parts, claim });
  const ends = createRunEnds(running, clock);
  createRunFeed({ hub, running, sessions, clock });
  const dispatch = createDispatch({
    ...parts,
    maxReplyBytes: limits.maxReplyBytes,
    handlers: {
      ...createGatewayMethods({ ...parts, hub, state }),
      ...createAgentMethods(agentsFor, findRoute),
      ...createToolMethods({ ...parts, claim }),
      ...createRunMethods({ runs, ends, running, sessions, defaultAgentOf, clock }),
      ...createSessionMethods({ sessions, defaultAgentOf, maxReplyBytes: limits.maxReplyBytes, clock }),
      ...createKeyMethods(parts),
      ...createBackupMethod(parts.backup),
      ...createSessionChangeMethods({ ...parts, runs, defaultAgentOf }),
    },
  });
  return createSocketServer({ ...parts, hub, state, dispatch, json, defaultAgentOf });
}
