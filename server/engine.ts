/** Everything behind the doors: the store, the agents with their models and tools, and the one way to run them. */
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Config } from "../contracts/config/config.ts";
import { createAgents, onlyAgents, type AgentsFor } from "./agent/agents.ts";
import { createCompactSession, type CompactSession } from "./agent/compact-session.ts";
import { createCooldowns } from "./agent/cooldowns.ts";
import { createHiddenTurns } from "./agent/hidden-turns.ts";
import { createModelCatalog, type ModelCatalog } from "./agent/models/catalog.ts";
import { createRouter, type FindRoute } from "./agent/route.ts";
import { createRunAgent } from "./agent/run-agent.ts";
import { createRunningRuns, type RunningRuns } from "./agent/running-runs.ts";
import { withSessionSettings } from "./agent/session-settings.ts";
import { createBackup, type Backup } from "./agent/sessions/backup.ts";
import { nodeSqliteDialect } from "./agent/sessions/node-sqlite.ts";
import { openSqlStore, type Store } from "./agent/sessions/sql-store.ts";
import { createInvokeTool, type InvokeTool } from "./agent/tools/invoke-tool.ts";
import type { ToolRegistry } from "./agent/tools/registry.ts";
import { createLanes, createTurnstile, type Turnstile } from "./agent/turnstile.ts";
import type { Clock, Log, NewId, RunAgent } from "./agent/types.ts";
import { createDocuments, type Documents } from "./documents/documents.ts";
import { GatewayError } from "./errors.ts";
import { createGuardedFetch, type GuardedFetch } from "./fetch/guarded-fetch.ts";
import { openKeyring, randomSecret, type Keyring } from "./gate/keyring.ts";
import { createAgentTools } from "./tools.ts";

export interface EngineParts {
  readonly config: Config;
  readonly stateDir: string;
  readonly configFile: string;
  /** The home folder: no command in a sandbox sees it. */
  readonly home: string;
  /** Of which commands and MCP servers get what holds no secret. */
  readonly env: NodeJS.ProcessEnv;
  /** The shared secret; undefined asks nobody for a credential. */
  readonly secret: string | undefined;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Of named keys; random by default. */
  readonly newSecret?: () => string;
  readonly log: Log;
  /** The models that agents may name; by default those of the configuration. */
  readonly models?: ModelCatalog;
  /** Fetches what callers and agents name; by default public addresses only. */
  readonly fetch?: GuardedFetch;
}

export interface Engine {
  readonly store: Store;
  /** Named keys. */
  readonly keys: Keyring;
  readonly agentsFor: AgentsFor;
  readonly registry: ToolRegistry;
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly running: RunningRuns;
  readonly invoke: InvokeTool;
  readonly compact: CompactSession;
  readonly fetch: GuardedFetch;
  readonly documents: Documents;
  readonly backup: () => Promise<Backup>;
  /** Room for runs, and for what takes as much. */
  readonly slots: Turnstile;
  /** Room for requests whose attachments are being read. */
  readonly readers: Turnstile;
  /** Ends commands and MCP servers; what runs should have ended before. */
  close(): Promise<void>;
}

/** Threads that read documents at a time, and how many documents may wait for one. */
const documentThreads = { holders: 2, waiting: 32 } as const;

export async function createEngine(parts: EngineParts): Promise<Engine> {
  const { config, clock, newId, log } = parts;
  const { limits, http } = config.gateway;
  const places = { holders: limits.maxConcurrentRuns, waiting: limits.maxWaitingRuns } as const;
  const { maxWaitMs } = limits;

  const opened = Promise.withResolvers<DatabaseSync>();
  const dialect = nodeSqliteDialect(join(parts.stateDir, "sessions.sqlite"), opened.resolve);
  const store = await openSqlStore({ dialect, clock, newId, exclusive: true, session: config.session, log });
  const fetch = parts.fetch ?? createGuardedFetch();
  const threads = createTurnstile({
    ...documentThreads,
    refuse: overloaded("Too many documents are being read"),
  });
  const documents = createDocuments((signal) => threads.enter(signal, maxWaitMs));
  const tools = createAgentTools({ ...parts, sessions: store.sessions, fetch, documents });
  const { registry } = tools;
  const agents = createAgents(config.agents, {
    models: parts.models ?? createModelCatalog(config.models),
    toolbox: registry.toolbox,
    workspaceFiles: tools.workspaceFiles,
  });
  const running = createRunningRuns();
  const keys = await openKeyring({
    store: store.keys,
    clock,
    newSecret: parts.newSecret ?? randomSecret,
    onEnd(name) {
      running.abort(({ credential }) => credential === name);
      tools.endCommandsOf(name);
    },
    log,
  });
  const agentsFor: AgentsFor = (credential) => {
    const allowed = keys.agentsOf(credential);
    return allowed === undefined ? agents : onlyAgents(agents, allowed);
  };
  const slots = createTurnstile({ ...places, refuse: overloaded("All runs are taken") });
  const enterLane = createLanes({
    holders: 1,
    waiting: limits.maxWaitingPerSession,
    refuse: () =>
      new GatewayError("session_busy", "Too many requests wait for this session.", { retryAfterSeconds: 5 }),
  });

  return {
    slots,
    store,
    keys,
    agentsFor,
    registry,
    findRoute: createRouter(agentsFor, http),
    runAgent: withSessionSettings(
      createRunAgent({
        store,
        hidden: createHiddenTurns(clock),
        running,
        cooldowns: createCooldowns(clock),
        clock,
        newId,
        log,
        enterLane,
        maxSlotWaitMs: maxWaitMs,
        slots,
      }),
      store.sessions,
    ),
    running,
    invoke: createInvokeTool({ registry, slots, maxSlotWaitMs: maxWaitMs, clock, newId, log }),
    compact: createCompactSession(store, enterLane),
    fetch,
    documents,
    backup: createBackup(await opened.promise, join(parts.stateDir, "backups"), clock),
    readers: createTurnstile({ ...places, refuse: overloaded("Too many attachments are being read") }),
    async close() {
      keys.close();
      await tools.close();
      await store.close();
    },
  };
}

const overloaded = (what: string) => (): GatewayError =>
  new GatewayError("server_overloaded", `${what}; try again in a moment.`, { retryAfterSeconds: 5 });
