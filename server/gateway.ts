/** The composition root: connects the engine, the HTTP and WebSocket transports and the listener. */
import type { Config } from "../contracts/config/config.ts";
import { getValueAt } from "./config/lookup.ts";
import { redactConfig } from "./config/redact-config.ts";
import type { ReadAttachments } from "./attachments/attachment.ts";
import { createAttachmentReader } from "./attachments/read-attachments.ts";
import { createEngine, type Engine, type EngineDeps } from "./engine.ts";
import { GatewayError } from "./lib/errors.ts";
import { createClientAddress } from "./auth/client-address.ts";
import { createAuthenticate } from "./auth/authenticate.ts";
import { isLoopback } from "./auth/shared-secret.ts";
import { createFailureLimiter } from "./auth/failure-limiter.ts";
import { createFailureReport } from "./auth/failure-report.ts";
import { createApp } from "./http/app.ts";
import { createChatHandler } from "./http/chat-completions.ts";
import { createInFlightRequests } from "./transport/in-flight.ts";
import { createDocsHandlers } from "./http/docs.ts";
import { createHealthHandlers } from "./http/health.ts";
import { createIdempotencyGuard } from "./http/idempotency.ts";
import { listen } from "./http/listener.ts";
import { createModelHandlers } from "./http/models.ts";
import { createEmbeddingHandler } from "./http/embeddings.ts";
import { createCompactHandler } from "./http/responses/compact.ts";
import { createCountHandler } from "./http/responses/input-tokens.ts";
import { createResponsesHandler } from "./http/responses/create-response.ts";
import { createEncryption, loadEncryptionKey } from "./dialects/responses/encryption.ts";
import { createStoredResponsesHandlers } from "./http/responses/stored-responses.ts";
import { parseDurationMs } from "../contracts/config/fields.ts";
import { createEmbedders } from "./agent/models/embeddings/embedders.ts";
import { createSessionHandlers } from "./http/sessions.ts";
import { createToolHandler } from "./http/tools-invoke.ts";
import { createLogTail } from "./socket/log-tail.ts";
import { packageVersion } from "./lib/package.ts";
import { createSocket } from "./socket/create-socket.ts";
import { socketLimits, type SocketLimits } from "./socket/limits.ts";
import { createResponsesWebSocket } from "./socket/responses/responses-websocket.ts";
import { responsesSocketLimits, type ResponsesSocketLimits } from "./socket/responses/connection.ts";
import { createUpgrade } from "./socket/upgrade.ts";

export interface GatewayDeps extends EngineDeps {
  /** The kind of secret that clients are told to send; `token` by default. */
  readonly secretMode?: "token" | "password" | "none";
  readonly packageRoot: string;
  /** Returns the number of unhandled rejections of the process; zero by default. */
  readonly getUnhandledRejections?: () => number;
  readonly port: number;
  readonly host: string;
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
  /** Lets running requests finish for `gateway.limits.drainMs`, aborts the rest with an error, then closes everything. */
  stop(): Promise<void>;
}

/**
 * Latest time of a stream's headers, the longest silence before a keep-alive comment, and the longest time without an
 * event of a response, in milliseconds.
 */
const streamTimes = { headersAfterMs: 10_000, keepAliveMs: 15_000, repeatStateMs: 60_000 };
type StreamTimes = typeof streamTimes;

export async function startGateway(deps: GatewayDeps): Promise<Gateway> {
  const { config, clock, newId } = deps;
  const logTail = createLogTail(deps.log, config.logging.level, clock);
  const { log } = logTail;
  const { limits, http, auth } = config.gateway;
  const startedAt = clock();
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;

  const encryption = createEncryption(loadEncryptionKey(deps.stateDir));
  const engine = await (deps.createEngine ?? createEngine)({ ...deps, log });
  const { getAgents, findRoute, runAgent, store } = engine;
  const inFlight = createInFlightRequests();
  const browser = {
    loopback: isLoopback(deps.host),
    allowedHosts: http.allowedHosts,
    allowedOrigins: http.cors.allowedOrigins,
  };
  const authenticate = createAuthenticate(
    deps.secret,
    createFailureLimiter(auth.rateLimit, clock, createFailureReport(log).add),
    engine.keys.find,
  );
  const clientAddress = createClientAddress(config.gateway.trustedProxies);
  const createReader = (name: "chatCompletions" | "responses"): ReadAttachments =>
    createAttachmentReader({
      rules: http.endpoints[name],
      configPath: `gateway.http.endpoints.${name}`,
      fetch: engine.fetch,
      documents: engine.documents,
      acquire: (signal) => engine.attachmentSlots.acquire(signal, limits.maxWaitMs),
    });

  const readChatAttachments = createReader("chatCompletions");
  const readResponsesAttachments = createReader("responses");

  const responses = {
    findRoute,
    runAgent,
    store: store.responses,
    readAttachments: readResponsesAttachments,
    encryption,
    onDisconnect: http.onDisconnect,
    expiresAfterMs: parseDurationMs(http.endpoints.responses.ttl),
    repeatStateMs: deps.streamTimes?.repeatStateMs ?? streamTimes.repeatStateMs,
    clock,
    newId,
    log,
  };
  const json = { maxDepth: limits.maxJsonDepth, maxNodes: limits.maxJsonNodes };

  const app = createApp({
    newId,
    log,
    inFlight,
    claimKey: createIdempotencyGuard(store.idempotency, log),
    stream: {
      ...streamTimes,
      ...deps.streamTimes,
      maxUnreadBytes: limits.maxUnreadBytes,
      slowReaderMs: limits.slowReaderMs,
    },
    rules: {
      isEnabled: (name) => getValueAt(config, name) === true,
      isStopping,
      browser,
      authenticate,
      clientAddress,
      maxBodyBytes: (limit) => getValueAt(config, limit) as number,
      json,
    },
    handlers: {
      createChatCompletion: createChatHandler({
        findRoute,
        runAgent,
        readAttachments: readChatAttachments,
        onDisconnect: http.onDisconnect,
        showToolsAsThinking: http.showToolsAsThinking,
        clock,
        newId,
      }),
      createResponse: createResponsesHandler({ ...responses, trackBackgroundWork: inFlight.trackDetached }),
      compactResponse: createCompactHandler({
        findRoute,
        store: store.responses,
        readAttachments: readResponsesAttachments,
        encryption,
        acquireSlot: (signal) => engine.slots.acquire(signal, limits.maxWaitMs),
        clock,
        newId,
      }),
      countInputTokens: createCountHandler({
        findRoute,
        store: store.responses,
        readAttachments: readResponsesAttachments,
        encryption,
      }),
      ...createStoredResponsesHandlers({
        store: store.responses,
        abort: (id) => engine.running.abort((run) => run.id === id) > 0,
      }),
      createEmbedding: createEmbeddingHandler({
        findRoute,
        embedders: createEmbedders(config),
        acquireSlot: (signal) => engine.slots.acquire(signal, limits.maxWaitMs),
      }),
      invokeTool: createToolHandler({ findRoute, invoke: engine.invokeTool }),
      ...createSessionHandlers({
        sessions: store.sessions,
        runs: engine.running,
        defaultAgentOf: (credential) => getAgents(credential).default.id,
        stopping: stopping.signal,
      }),
      ...createModelHandlers(getAgents, http, startedAt),
      ...createHealthHandlers({
        isStopping,
        isMemoryExhausted: engine.memory.isExhausted,
        isStoreWritable: store.isWritable,
        listProviders: engine.listProviders,
      }),
      ...createDocsHandlers(deps.packageRoot),
    },
  });

  const socket = createSocket({
    ...engine,
    invoke: engine.invokeTool,
    compact: engine.compactSession,
    redactedConfig: redactConfig(config),
    jsonLimits: json,
    limits: { ...socketLimits, ...deps.socketLimits },
    version: packageVersion,
    authMode: deps.secret === undefined ? "none" : (deps.secretMode ?? "token"),
    readAttachments: readChatAttachments,
    startedAt,
    getUnhandledRejections: deps.getUnhandledRejections ?? (() => 0),
    sessions: store.sessions,
    sessionsFile: engine.sessionsFile,
    idempotency: store.idempotency,
    inFlight,
    logTail,
    authenticate,
    clientAddress,
    isStopping,
    clock,
    newId,
    log,
  });
  const responsesSocket = createResponsesWebSocket({
    ...responses,
    limits: { ...responsesSocketLimits, ...deps.responsesSocketLimits },
    enabled: http.endpoints.responses.enabled,
    maxRequestBytes: http.endpoints.responses.maxBodyBytes,
    reader: limits,
    json,
    inFlightRequests: inFlight,
    authenticate,
    clientAddress,
    isStopping,
  });
  const upgradeHandlers = new Map([
    ["/", socket.upgrade],
    ["/v1/responses", responsesSocket.upgrade],
  ]);
  const upgrade = createUpgrade(upgradeHandlers, { browser, isStopping, newId });

  const { tls } = config.gateway;
  const listener = await listen(app, { port: deps.port, host: deps.host, tls, limits, upgrade }).catch(
    async (error: unknown) => {
      await engine.close();
      throw error;
    },
  );

  return {
    url: formatUrl(listener.address, tls),
    stop: async () => {
      if (isStopping()) return;
      stopping.abort();
      socket.announce("the gateway stops");
      await inFlight.waitForIdle(limits.drainMs);
      inFlight.abortAll(
        new GatewayError("shutting_down", "The gateway is stopping; the run was ended.", {
          retryAfterSeconds: 5,
        }),
      );
      await inFlight.waitForIdle(2_000);
      await Promise.all([socket.close(1_000), responsesSocket.close(1_000)]);
      await listener.close(1_000);
      await engine.close();
    },
  };
}

function formatUrl(
  { port, family, address }: { readonly port: number; readonly family: string; readonly address: string },
  tls: Config["gateway"]["tls"],
): string {
  const host = family === "IPv6" ? `[${address}]` : address;
  return `${tls === undefined ? "http" : "https"}://${host}:${port}`;
}
