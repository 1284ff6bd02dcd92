/** The composition root: connects the engine, the HTTP and WebSocket transports and the listener, and reloads them. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../contracts/config/config.ts";
import { createConfigJsonSchema } from "../contracts/config/json-schema.ts";
import { createConfigAccess } from "./config/config-access.ts";
import type { ConfigSource } from "./config/config-source.ts";
import { listChangedSettings } from "./config/compare.ts";
import { redactConfig } from "./config/redact-config.ts";
import { createEngine, type Engine, type EngineDeps, type Settings } from "./engine.ts";
import { createLive, mapLive } from "./lib/live.ts";
import type { AuthMode } from "../contracts/config/auth.ts";
import { createAuthentication } from "./auth/authentication.ts";
import { checkHookToken } from "./auth/hook-token.ts";
import { isLoopback } from "./auth/shared-secret.ts";
import { toFileStatus, type FileStatus } from "./transport/config-status.ts";
import { createOverloadReport } from "./http/overload-report.ts";
import { createBodyBudget } from "./transport/body-budget.ts";
import { drain } from "./transport/drain.ts";
import { handleWorkerRequests } from "./transport/worker-load.ts";
import { createInFlightRequests } from "./transport/in-flight.ts";
import { createDocsHandlers } from "./http/docs.ts";
import { createHealthHandlers } from "./http/health.ts";
import { createUsageHandler } from "./http/usage.ts";
import { createMetricsHandler } from "./http/metrics.ts";
import { createAuditHandlers } from "./http/audit.ts";
import { createIdempotencyGuard, listSessionHeaders } from "./http/idempotency.ts";
import { createPageHandler } from "./http/page.ts";
import { defaultStreamTimes, type StreamTimes } from "./http/stream-times.ts";
import { formatUrl, listen } from "./http/listener.ts";
import { openEncryption } from "./dialects/encryption.ts";
import { createCancellableCalls } from "./dialects/mcp/cancellable-calls.ts";
import { createLogTail } from "./socket/log-tail.ts";
import { packageVersion } from "./lib/package.ts";
import { createSingleWorker } from "./lib/workers.ts";
import { createSocket } from "./socket/create-socket.ts";
import { socketLimits, type SocketLimits } from "./socket/limits.ts";
import { responsesSocketLimits, type ResponsesSocketLimits } from "./socket/responses/connection.ts";
import type { ResponsesWebSocket } from "./socket/responses/responses-websocket.ts";
import { createUpgrade } from "./socket/upgrade.ts";
import { createRejectionAudit } from "./telemetry/rejection-audit.ts";
import { createConnectionCollector } from "./telemetry/connection-collector.ts";
import { composeTransports } from "./transports.ts";

export interface GatewayDeps extends EngineDeps {
  /** Where the configuration comes from. Absent: it has no file. */
  readonly configSource?: ConfigSource;
  /** How callers authenticate; `token` by default. */
  readonly authMode?: AuthMode;
  readonly packageRoot: string;
  /** Returns the number of unhandled rejections of the process; zero by default. */
  readonly getUnhandledRejections?: () => number;
  readonly port: number;
  readonly host: string;
  /** Further addresses to listen on, with the same port. */
  readonly moreHosts?: readonly string[];
  /** Creates everything behind the transports; `createEngine` by default. Tests replace members of its result. */
  readonly createEngine?: (deps: EngineDeps) => Promise<Engine>;
  /** Overrides times of event streams. */
  readonly streamTimes?: Partial<StreamTimes>;
  /** Overrides limits of the gateway WebSocket. */
  readonly socketLimits?: Partial<SocketLimits>;
  /** Overrides limits of the WebSocket on /v1/responses. */
  readonly responsesSocketLimits?: Partial<ResponsesSocketLimits>;
}

export interface Gateway {
  readonly url: string;
  /**
   * Replaces the configuration, and the secret if one is given. Requests, connections and runs go on; what they began with stays with them.
   * Throws when the configuration cannot be used, and then nothing has changed. Settings of the listener keep their
   * values until a restart.
   */
  reload(settings: Pick<GatewayDeps, "config"> & { readonly secret?: string | undefined }): void;
  /** Looks for damage in the store, and logs it. Resolves within ten seconds. */
  checkStore(): Promise<void>;
  /**
   * Is not ready for `gateway.limits.drainDelayMs`, lets running requests finish for `drainMs`, aborts the rest with an error, then
   * closes everything.
   */
  stop(): Promise<void>;
}

export async function startGateway(deps: GatewayDeps): Promise<Gateway> {
  const { clock, newId, port, host, moreHosts = [], workers = createSingleWorker() } = deps;
  const isLocal = [host, ...moreHosts].every(isLoopback);
  checkHookToken(deps.config, { secret: deps.secret, isLoopback: isLocal });
  const config = createLive(deps.config);
  const logTail = createLogTail(
    deps.log,
    mapLive(config, ({ logging }) => logging.level),
    clock,
  );
  const { log } = logTail;
  const startedAt = clock();
  let { secret } = deps;
  let isLeaving = false;
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;

  const engine = await (deps.createEngine ?? createEngine)({
    ...deps,
    workers,
    agentsOfUser: (credential) => authentication.agentsOf(credential),
    log,
  });
  const { store } = engine;
  const closeAndThrow = async (error: unknown): Promise<never> => {
    await engine.close();
    throw error;
  };
  const encryption = await openEncryption(deps.stateDir, deps.config.gateway, store).catch(closeAndThrow);
  store.nodes.reportLoad(() => ({ runs: engine.running.count(), isDraining: isLeaving }));
  const { audit } = engine.telemetry;
  audit.record({ action: "gateway.started", target: packageVersion, outcome: "ok" });
  const inFlight = createInFlightRequests();
  const recordRejection = createRejectionAudit(audit, clock);
  const authMode = deps.secret === undefined ? "none" : (deps.authMode ?? "token");
  const authentication = createAuthentication({
    mode: authMode,
    secret: deps.secret,
    config: deps.config,
    rateLimit: mapLive(config, ({ gateway }) => gateway.auth.rateLimit),
    findKey: engine.keys.find,
    rates: store.shared?.rates,
    onRejected(caller, isLockedOut) {
      engine.telemetry.recordCredentialFailure(isLockedOut);
      recordRejection(caller, isLockedOut);
    },
    clock,
    log,
  });
  const { authenticate, clientAddress } = authentication;

  const compose = (next: Config): ReturnType<typeof composeTransports> =>
    composeTransports(next, {
      engine,
      encryption,
      inFlight,
      claimKey,
      mcpCalls,
      bodyBudget,
      reportOverload,
      ...authentication,
      fixedHandlers,
      isLoopback: isLocal,
      streamTimes: { ...defaultStreamTimes, ...deps.streamTimes },
      responsesSocketLimits: { ...responsesSocketLimits, ...deps.responsesSocketLimits },
      startedAt,
      stopping: stopping.signal,
      clock,
      newId,
      log,
    });
  const getConfigStatus = (): FileStatus => toFileStatus(deps.configSource?.getStatus());
  const sessionHeaders = mapLive(config, listSessionHeaders);
  const bodyBudget = createBodyBudget(() =>
    workers.share(config.current.gateway.limits.maxBodyBytesInFlight),
  );
  const reportOverload = createOverloadReport(log);
  const claimKey = createIdempotencyGuard(store.idempotency, log, sessionHeaders);
  const mcpCalls = createCancellableCalls(store.nodes.bus);
  const fixedHandlers = {
    ...createHealthHandlers({
      workers,
      sessionsFile: engine.sessionsFile,
      getDrainMs: () => config.current.gateway.limits.drainMs,
      node: store.nodes.self,
      clock,
      getConfigStatus,
    }),
    ...createAuditHandlers(audit),
    getUsage: createUsageHandler(engine.telemetry.usage, clock),
    getMetrics: createMetricsHandler(engine.telemetry.renderMetrics),
    ...createDocsHandlers(deps.packageRoot),
    getPage: createPageHandler(deps.packageRoot),
  };
  const transports = createLive(compose(deps.config));
  /** Replaced sockets that still have connections. */
  const replacedSockets = new Set<ResponsesWebSocket>();

  const socket = createSocket({
    ...engine,
    invoke: engine.invokeTool,
    nodes: store.nodes,
    compact: engine.compactSession,
    getConfigStatus,
    getConfigSchema: createConfigJsonSchema,
    configFile: deps.configSource && createConfigAccess(deps.configSource),
    getMaxSlotWaitMs: () => config.current.gateway.limits.maxWaitMs,
    getPagePath: () => {
      const { enabled = isLoopback(deps.host), basePath } = config.current.gateway.controlUi;
      return enabled ? basePath : null;
    },
    getRedactedConfig: () => redactConfig(config.current),
    jsonLimits: mapLive(transports, ({ json }) => json),
    limits: { ...socketLimits, ...deps.socketLimits },
    version: packageVersion,
    authMode,
    readAttachments: (...args) => transports.current.readChatAttachments(...args),
    startedAt,
    workers,
    sessions: store.sessions,
    sessionsFile: engine.sessionsFile,
    idempotency: store.idempotency,
    usage: engine.telemetry.usage,
    inFlight,
    bodyBudget,
    logTail,
    authenticate,
    clientAddress,
    isStopping,
    clock,
    newId,
    log,
    observeCall: engine.telemetry.recordCall,
    startServerSpan: engine.telemetry.startServerSpan,
  });
  const workerRequests = handleWorkerRequests(workers, {
    isStopping: () => isLeaving,
    engine,
    inFlight,
    countConnections: socket.count,
    getUnhandledRejections: deps.getUnhandledRejections ?? (() => 0),
  });
  const countResponsesSockets = (): number =>
    [transports.current.responsesSocket, ...replacedSockets].reduce((sum, { count }) => sum + count(), 0);
  engine.telemetry.addCollector(
    createConnectionCollector({ gateway: socket.count, responses: countResponsesSockets }),
  );
  const upgrade = createUpgrade(
    new Map([
      ["/", socket.upgrade],
      ["/v1/responses", (...args) => transports.current.responsesSocket.upgrade(...args)],
    ]),
    { browser: mapLive(transports, ({ browser }) => browser), isStopping, newId },
  );

  const { tls, limits } = deps.config.gateway;
  const listenOptions = { port, host, moreHosts, isWorker: workers.count > 1, tls, limits, upgrade };
  const listener = await listen((...args) => transports.current.handleRequest(...args), listenOptions).catch(
    closeAndThrow,
  );

  const url = formatUrl(listener.address, tls);
  log.info("gateway started", {
    version: packageVersion,
    url,
    config: deps.configFile,
    stateDir: deps.stateDir,
    pid: process.pid,
    nodeId: store.nodes.self.id,
    nodeVersion: process.version,
  });
  return {
    url,
    reload({ config: nextConfig, secret: nextSecret = secret }) {
      const next: Settings = { config: nextConfig, secret: nextSecret };
      checkHookToken(nextConfig, { secret: nextSecret, isLoopback: isLocal });
      const applyToEngine = engine.prepare(next);
      const nextTransports = compose(next.config);
      listener.reload(next.config.gateway);
      replacedSockets.add(transports.current.responsesSocket);
      for (const replaced of replacedSockets) if (replaced.count() === 0) replacedSockets.delete(replaced);
      const changed = listChangedSettings(config.current, next.config).join(" ");
      audit.record({ action: "config.changed", target: changed.slice(0, 2_048), outcome: "ok" });
      config.replace(next.config);
      applyToEngine();
      authentication.reload(next.config);
      transports.replace(nextTransports);
      secret = nextSecret;
      if (secret !== undefined && deps.secret !== undefined) authentication.replaceSecret(secret);
    },
    checkStore: store.check,
    stop: async () => {
      if (isLeaving) return;
      isLeaving = true;
      const { drainMs, drainDelayMs } = config.current.gateway.limits;
      void store.nodes.refresh();
      // A load balancer sends requests until it has noticed.
      if (drainDelayMs > 0) await sleep(drainDelayMs);
      stopping.abort();
      socket.announce("the gateway stops");
      await drain({ inFlight, endWaitingRuns: engine.running.abortWaiting, drainMs, log });
      const responsesSockets = [transports.current.responsesSocket, ...replacedSockets];
      await Promise.all([socket.close(1_000), ...responsesSockets.map((each) => each.close(1_000))]);
      await listener.close(1_000);
      audit.record({ action: "gateway.stopped", outcome: "ok" });
      await engine.close();
      workerRequests.close();
      log.info("gateway stopped", {
        pid: process.pid,
        uptimeSeconds: Math.round((clock() - startedAt) / 1_000),
      });
    },
  };
}
