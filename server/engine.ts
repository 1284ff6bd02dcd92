/** Creates everything behind the transports: the store, the agents with their models and tools, and `runAgent`. */
import type { Config } from "../contracts/config/config.ts";
import { parseDurationMs } from "../contracts/config/fields.ts";
import { createAbortElsewhere, type AbortElsewhere } from "./agent/abort-elsewhere.ts";
import { createAgents, restrictAgents, type Agents, type GetAgents } from "./agent/agents.ts";
import { createAccountCall, type OpenAccount } from "./agent/account-call.ts";
import { openBudgets, type Budgets } from "./agent/budgets.ts";
import { createCompactSession, type CompactSession } from "./agent/compact-session.ts";
import { createCooldowns, type ProviderState } from "./agent/cooldowns.ts";
import { createEditConversation, type EditConversation } from "./agent/edit-conversation.ts";
import { createEphemeralToolHistory } from "./agent/ephemeral-tool-history.ts";
import { createMemoryGuard, type MemoryGuard } from "./agent/memory-guard.ts";
import { createModelCatalog, type ModelCatalog } from "./agent/models/catalog.ts";
import { createRouter, type FindRoute } from "./agent/route.ts";
import { createRunAgent } from "./agent/run-agent.ts";
import { createRunRecorder } from "./agent/run-recorder.ts";
import { createRunSlots } from "./agent/run-slots.ts";
import { createRunningRuns, type RunningRuns } from "./agent/running-runs.ts";
import { withSessionSettings } from "./agent/session-settings.ts";
import type { Backup } from "./agent/sessions/backup.ts";
import { createSessionChanges, type SessionChanges } from "./agent/session-changes.ts";
import { openStore } from "./agent/sessions/open-store.ts";
import { locateStore } from "./agent/sessions/store-location.ts";
import type { Store } from "./agent/sessions/sql-store.ts";
import { createMemoryToolTurns } from "./agent/tool-turns.ts";
import { createInvokeTool, type InvokeTool } from "./agent/tools/invoke-tool.ts";
import { followRegistry, type ToolRegistry } from "./agent/tools/registry.ts";
import { createSessionLocks } from "./agent/session-locks.ts";
import type { Semaphore } from "./agent/semaphore.ts";
import { isUserName } from "./lib/credential-names.ts";
import { createLive, mapLive } from "./lib/live.ts";
import type { Clock, Log, NewId } from "./lib/ports.ts";
import { packageVersion } from "./lib/package.ts";
import { createSingleWorker, type Workers } from "./lib/workers.ts";
import type { RunAgent } from "./agent/types.ts";
import { createEngineCollector } from "./telemetry/engine-collector.ts";
import { createTelemetry, type Telemetry } from "./telemetry/telemetry.ts";
import { createDocuments, type Documents } from "./documents/documents.ts";
import { createGuardedFetch, type GuardedFetch } from "./fetch/guarded-fetch.ts";
import type { DeliveryTimes } from "./webhooks/deliver-queue.ts";
import { startWebhooks } from "./webhooks/webhooks.ts";
import { openKeyManager, randomSecret, type KeyManager } from "./auth/key-manager.ts";
import { createAgentTools, type AgentTools } from "./agent-tools.ts";

export interface EngineDeps {
  readonly config: Config;
  readonly stateDir: string;
  readonly configFile: string;
  /** Whether to throw when the store that belongs to the state folder is gone. */
  readonly isStoreStrict?: boolean;
  /** The home folder. Sandboxed commands cannot see it. */
  readonly home: string;
  /** The environment. Commands and MCP servers get its variables that hold no secrets. */
  readonly env: NodeJS.ProcessEnv;
  /** Name of this process among those that share the database. Default: its id. */
  readonly nodeName?: string | undefined;
  /** The processes of this gateway. Default: this one. */
  readonly workers?: Workers;
  /** Address of the database, unless the configuration names one. */
  readonly databaseUrl?: string | undefined;
  /** The shared secret. Undefined: no credential is required. */
  readonly secret: string | undefined;
  /** Returns the ids of the agents that a user may use, by the name of the credential; undefined for all. */
  readonly agentsOfUser?: (credential: string) => readonly string[] | undefined;
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
  /** Overrides times of webhook deliveries. */
  readonly webhookTimes?: Partial<DeliveryTimes>;
}

/** What a reload replaces. */
export type Settings = Pick<EngineDeps, "config" | "secret">;

export interface Engine {
  readonly telemetry: Telemetry;
  readonly store: Store;
  /** Where the sessions are stored: the path of a file, or an address without its credentials. */
  readonly sessionsFile: string;
  readonly keys: KeyManager;
  readonly getAgents: GetAgents;
  readonly registry: ToolRegistry;
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly getRates: Budgets["getRates"];
  readonly memory: MemoryGuard;
  readonly running: RunningRuns;
  readonly abortElsewhere: AbortElsewhere;
  /** The providers that were called since the start, and how their last calls ended. */
  readonly listProviders: () => readonly ProviderState[];
  readonly listMcpServers: AgentTools["listMcpServers"];
  readonly sessionChanges: SessionChanges;
  readonly invokeTool: InvokeTool;
  readonly compactSession: CompactSession;
  /** Accounts for model calls outside of runs. */
  readonly openAccount: OpenAccount;
  readonly findModel: ModelCatalog["find"];
  readonly editConversation: EditConversation;
  readonly fetch: GuardedFetch;
  readonly documents: Documents;
  readonly backup: () => Promise<Backup>;
  /** Limits runs, and work that costs as much as a run. */
  readonly slots: Semaphore;
  /** Limits requests whose attachments are read. */
  readonly attachmentSlots: Semaphore;
  /**
   * Composes agents, models and tools for another configuration. Throws when that is not possible. Nothing changes until
   * the returned function is called; then new requests use them, and runs that are at work keep what they began with.
   */
  prepare(settings: Settings): () => void;
  /** Stops commands and MCP servers, and closes the store. All runs must have ended. */
  close(): Promise<void>;
}

/** What follows from one configuration. A run keeps the agent, models and tools that it began with. */
interface ConfiguredEngine {
  readonly models: ModelCatalog;
  readonly agents: Agents;
  readonly registry: ToolRegistry;
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly invokeTool: InvokeTool;
  readonly apply: () => void;
  readonly budgets: Budgets;
  readonly openAccount: OpenAccount;
}

export async function createEngine(deps: EngineDeps): Promise<Engine> {
  const { clock, newId, log, agentsOfUser = () => [], workers = createSingleWorker() } = deps;
  const config = createLive(deps.config);

  /** The store is opened first, and begins to clean up at once. */
  const observer: { current?: Telemetry } = {};
  const expiredSessions: string[] = [];
  const { store, path, backup } = await openStore({
    ...deps,
    location: locateStore(deps.config.session.store, deps.databaseUrl),
    isStrict: deps.isStoreStrict ?? false,
    observeCommit: (commit) => observer.current?.recordCommit(commit),
    onExpiredSession: ({ key }) =>
      observer.current === undefined ? expiredSessions.push(key) : observer.current.recordExpiredSession(key),
    usageRetentionMs: () => parseDurationMs(config.current.usage.retention),
    webhooks: () => config.current.gateway.webhooks,
    auditRetentionMs: () => parseDurationMs(config.current.audit.retention),
    session: mapLive(config, ({ session }) => session),
  });
  const telemetry = createTelemetry({ version: packageVersion, clock, store, workers, log });
  const createBudgets = await openBudgets({ store: store.budgets, rates: store.shared?.rates, clock, log });
  const fetch = deps.fetch ?? createGuardedFetch();
  const limits = mapLive(config, ({ gateway }) => gateway.limits);
  const { slots, attachmentSlots, documentSlots } = createRunSlots(limits, workers);
  const documents = createDocuments((signal) => documentSlots.acquire(signal, limits.current.maxWaitMs));
  const running = createRunningRuns(log);
  const tools = createAgentTools({
    ...deps,
    sessions: store.sessions,
    nodes: store.nodes,
    fetch,
    documents,
    waitForCurrentRuns: running.waitForCurrent,
  });
  const cooldowns = createCooldowns(clock, log);
  const memory = createMemoryGuard({ limits, workers, running, clock, log });
  const keys = await openKeyManager({
    store: store.keys,
    rates: store.shared?.rates,
    clock: store.getLatestTime,
    newSecret: deps.newSecret ?? randomSecret,
    onRevoked(name) {
      running.abort(({ credential }) => credential === name);
      tools.stopCommandsOf(name);
    },
    log,
  });
  const sessionLocks = createSessionLocks(() => config.current.gateway.limits.maxWaitingPerSession);
  const toolHistory = createEphemeralToolHistory(store.shared?.toolTurns ?? createMemoryToolTurns(clock));

  const compose = (settings: Settings, previousModels?: ModelCatalog): ConfiguredEngine => {
    const { config: next } = settings;
    const { limits, http } = next.gateway;
    const observers = telemetry.createObservers(next);
    const budgets = createBudgets(next.budgets);
    const { registry, workspaceFilesOf, apply } = tools.compose(settings);
    const models = deps.models ?? previousModels?.replace?.(next.models) ?? createModelCatalog(next.models);
    return {
      models,
      agents: createAgents(next.agents, { models, toolbox: registry.toolbox, workspaceFilesOf }),
      registry,
      findRoute: createRouter(getAgents, { ...http, findModel: models.find }),
      runAgent: withSessionSettings(
        createRunAgent({
          store,
          toolHistory,
          running,
          cooldowns,
          clock,
          newId,
          log,
          observers: observers.runs,
          budgets,
          acquireSessionLock: sessionLocks.acquire,
          maxSlotWaitMs: limits.maxWaitMs,
          slots,
          limits,
          memory,
        }),
        store.sessions,
      ),
      invokeTool: createInvokeTool({
        registry,
        slots,
        maxSlotWaitMs: limits.maxWaitMs,
        clock,
        newId,
        log,
        observe: observers.recordToolInvocation,
      }),
      apply,
      budgets,
      async openAccount(caller) {
        await budgets.admit(caller);
        const recorder = createRunRecorder(caller, { observers: observers.runs, clock, log });
        return createAccountCall(caller, { budgets, recorder });
      },
    };
  };
  const getAgents: GetAgents = (credential) => {
    const allowed = isUserName(credential) ? agentsOfUser(credential) : keys.agentsOf(credential);
    return restrictAgents(configured.current.agents, allowed);
  };
  const configured = createLive(compose(deps));
  observer.current = telemetry;
  expiredSessions.forEach(telemetry.recordExpiredSession);
  telemetry.addCollector(
    createEngineCollector({ running, slots, sessionLocks, cooldowns, store, sessionsFile: path, clock }),
  );

  const webhooks = startWebhooks(deps.config.gateway.webhooks, { ...deps, store, telemetry });

  return {
    prepare(next) {
      const composed = compose(next, configured.current.models);
      return () => {
        config.replace(next.config);
        configured.replace(composed);
        composed.apply();
        webhooks.reload(next.config.gateway.webhooks);
        slots.admitWaiting();
        attachmentSlots.admitWaiting();
      };
    },
    slots,
    telemetry,
    store,
    sessionsFile: path,
    keys,
    getAgents,
    registry: followRegistry(() => configured.current.registry),
    findRoute: (request) => configured.current.findRoute(request),
    runAgent: (run, sink) => configured.current.runAgent(run, sink),
    getRates: (credential) => configured.current.budgets.getRates(credential),
    running,
    abortElsewhere: createAbortElsewhere(store.nodes.bus, running.abort),
    listProviders: cooldowns.list,
    invokeTool: (...args) => configured.current.invokeTool(...args),
    openAccount: (caller) => configured.current.openAccount(caller),
    findModel: (ref) => configured.current.models.find(ref),
    compactSession: createCompactSession(store, sessionLocks.acquire, (caller) =>
      configured.current.openAccount(caller),
    ),
    listMcpServers: tools.listMcpServers,
    sessionChanges: createSessionChanges(store, sessionLocks.acquire),
    editConversation: createEditConversation(store, sessionLocks.acquire),
    fetch,
    documents,
    backup,
    attachmentSlots,
    memory,
    async close() {
      memory.close();
      keys.close();
      await tools.close();
      await webhooks.close();
      await telemetry.close();
      await store.close();
    },
  };
}
