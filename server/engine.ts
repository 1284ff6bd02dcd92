/** Creates everything behind the transports: the store, the agents with their models and tools, and `runAgent`. */
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Config } from "../contracts/config/config.ts";
import { createAgents, restrictAgents, type GetAgents } from "./agent/agents.ts";
import { createCompactSession, type CompactSession } from "./agent/compact-session.ts";
import { createCooldowns, type ProviderState } from "./agent/cooldowns.ts";
import { createEphemeralToolHistory } from "./agent/ephemeral-tool-history.ts";
import { createMemoryGuard, type MemoryGuard } from "./agent/memory-guard.ts";
import { createModelCatalog, type ModelCatalog } from "./agent/models/catalog.ts";
import { createRouter, type FindRoute } from "./agent/route.ts";
import { createRunAgent } from "./agent/run-agent.ts";
import { createRunningRuns, type RunningRuns } from "./agent/running-runs.ts";
import { withSessionSettings } from "./agent/session-settings.ts";
import { createBackup, type Backup } from "./agent/sessions/backup.ts";
import { createNodeSqlite } from "./agent/sessions/node-sqlite.ts";
import { openSqlStore, type Store } from "./agent/sessions/sql-store.ts";
import { createInvokeTool, type InvokeTool } from "./agent/tools/invoke-tool.ts";
import type { ToolRegistry } from "./agent/tools/registry.ts";
import { createKeyedSemaphore, createSemaphore, type Semaphore } from "./agent/semaphore.ts";
import type { Clock, Log, NewId } from "./lib/ports.ts";
import type { RunAgent } from "./agent/types.ts";
import { createDocuments, type Documents } from "./documents/documents.ts";
import { GatewayError } from "./lib/errors.ts";
import { createGuardedFetch, type GuardedFetch } from "./fetch/guarded-fetch.ts";
import { openKeyManager, randomSecret, type KeyManager } from "./auth/key-manager.ts";
import { createAgentTools } from "./agent-tools.ts";

export interface EngineDeps {
  readonly config: Config;
  readonly stateDir: string;
  readonly configFile: string;
  /** The home folder. Sandboxed commands cannot see it. */
  readonly home: string;
  /** The environment. Commands and MCP servers get its variables that hold no secrets. */
  readonly env: NodeJS.ProcessEnv;
  /** The shared secret. Undefined: no credential is required. */
  readonly secret: string | undefined;
  readonly clock: Clock;
  /** Milliseconds of running time, for tests that set the clock. Default: the process's own. */
  readonly runningTime?: Clock;
  readonly newId: NewId;
  /** Creates secrets of named keys. Default: random. */
  readonly newSecret?: () => string;
  readonly log: Log;
  /** The models that agents can use. Default: those of the configuration. */
  readonly models?: ModelCatalog;
  /** Fetches URLs of callers and agents. Default: public addresses only. */
  readonly fetch?: GuardedFetch;
}

export interface Engine {
  readonly store: Store;
  /** Path of the file that the sessions are stored in. */
  readonly sessionsFile: string;
  /** Named keys. */
  readonly keys: KeyManager;
  readonly getAgents: GetAgents;
  readonly registry: ToolRegistry;
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly memory: MemoryGuard;
  readonly running: RunningRuns;
  /** The providers that were called since the start, and how their last calls ended. */
  readonly listProviders: () => readonly ProviderState[];
  readonly invokeTool: InvokeTool;
  readonly compactSession: CompactSession;
  readonly fetch: GuardedFetch;
  readonly documents: Documents;
  readonly backup: () => Promise<Backup>;
  /** Limits runs, and work that costs as much as a run. */
  readonly slots: Semaphore;
  /** Limits requests whose attachments are read. */
  readonly attachmentSlots: Semaphore;
  /** Stops commands and MCP servers, and closes the store. All runs must have ended. */
  close(): Promise<void>;
}

/** Limits the threads that read documents and the documents that wait for one. */
const documentThreadOptions = { limit: 2, maxQueued: 32 } as const;

export async function createEngine(deps: EngineDeps): Promise<Engine> {
  const { config, clock, newId, log } = deps;
  const { limits, http } = config.gateway;
  const slotOptions = { limit: limits.maxConcurrentRuns, maxQueued: limits.maxWaitingRuns } as const;
  const { maxWaitMs } = limits;

  const sessionsFile = join(deps.stateDir, "sessions.sqlite");
  let database: DatabaseSync | undefined;
  const getDatabase = (): DatabaseSync => {
    if (database === undefined) throw new Error("the database is not open");
    return database;
  };
  const store = await openSqlStore({
    database: createNodeSqlite(sessionsFile, {
      onOpen: (opened) => (database = opened),
    }),
    clock,
    ...(deps.runningTime !== undefined && { runningTime: deps.runningTime }),
    newId,
    isExclusive: true,
    session: config.session,
    log,
  });
  const fetch = deps.fetch ?? createGuardedFetch();
  const documentSlots = createSemaphore({
    ...documentThreadOptions,
    createError: createOverloadedError("Too many documents are being read"),
  });
  const documents = createDocuments((signal) => documentSlots.acquire(signal, maxWaitMs));
  const tools = createAgentTools({ ...deps, sessions: store.sessions, fetch, documents });
  const { registry } = tools;
  const models = deps.models ?? createModelCatalog(config.models);
  const agents = createAgents(config.agents, {
    models,
    toolbox: registry.toolbox,
    workspaceFilesOf: tools.workspaceFilesOf,
  });
  const running = createRunningRuns(log);
  const cooldowns = createCooldowns(clock, log);
  const memory = createMemoryGuard({ maxMemoryMb: limits.maxMemoryMb, running, clock, log });
  const keys = await openKeyManager({
    store: store.keys,
    clock: store.getLatestTime,
    newSecret: deps.newSecret ?? randomSecret,
    onRevoked(name) {
      running.abort(({ credential }) => credential === name);
      tools.stopCommandsOf(name);
    },
    log,
  });
  const getAgents: GetAgents = (credential) => {
    const allowed = keys.agentsOf(credential);
    return allowed === undefined ? agents : restrictAgents(agents, allowed);
  };
  const slots = createSemaphore({ ...slotOptions, createError: createOverloadedError("All runs are taken") });
  const acquireSessionLock = createKeyedSemaphore({
    limit: 1,
    maxQueued: limits.maxWaitingPerSession,
    createError: () =>
      new GatewayError("session_busy", "Too many requests wait for this session.", { retryAfterSeconds: 5 }),
  });

  return {
    slots,
    store,
    sessionsFile,
    keys,
    getAgents,
    registry,
    findRoute: createRouter(getAgents, { ...http, findModel: models.find }),
    runAgent: withSessionSettings(
      createRunAgent({
        store,
        toolHistory: createEphemeralToolHistory(clock),
        running,
        cooldowns,
        clock,
        newId,
        log,
        acquireSessionLock,
        maxSlotWaitMs: maxWaitMs,
        slots,
        limits,
        memory,
      }),
      store.sessions,
    ),
    running,
    listProviders: cooldowns.list,
    invokeTool: createInvokeTool({ registry, slots, maxSlotWaitMs: maxWaitMs, clock, newId, log }),
    compactSession: createCompactSession(store, acquireSessionLock),
    fetch,
    documents,
    backup: createBackup(getDatabase, join(deps.stateDir, "backups"), clock),
    attachmentSlots: createSemaphore({
      ...slotOptions,
      createError: createOverloadedError("Too many attachments are being read"),
    }),
    memory,
    async close() {
      memory.close();
      keys.close();
      await tools.close();
      await store.close();
    },
  };
}

const createOverloadedError = (reason: string) => (): GatewayError =>
  new GatewayError("server_overloaded", `${reason}; try again in a moment.`, { retryAfterSeconds: 5 });
