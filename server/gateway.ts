/** The composition root: the engine, the doors before it, and the listener. Everything is passed on by value. */
import type { Config } from "../contracts/config/config.ts";
import { valueAt } from "./config/value-at.ts";
import type { ReadAttachments } from "./attachments/attachment.ts";
import { createAttachmentReader } from "./attachments/read-attachments.ts";
import { createEngine, type EngineParts } from "./engine.ts";
import { GatewayError } from "./errors.ts";
import { createClientAddress } from "./gate/client-address.ts";
import { createGate } from "./gate/credentials.ts";
import { isLoopback } from "./gate/exposure.ts";
import { createFailureLimiter } from "./gate/failure-limiter.ts";
import { createApp } from "./http/app.ts";
import { createChatHandler } from "./http/chat/chat-completions.ts";
import { createDepartures } from "./http/departures.ts";
import { createDocsHandlers } from "./http/docs.ts";
import { createHealthHandlers } from "./http/health.ts";
import { createHold } from "./http/idempotency.ts";
import { listen } from "./http/listener.ts";
import { createModelHandlers } from "./http/models.ts";
import { createEmbeddingHandler } from "./http/embeddings.ts";
import { createCompactHandler } from "./http/responses/compact.ts";
import { createCountHandler } from "./http/responses/input-tokens.ts";
import { createResponsesHandler } from "./http/responses/responses.ts";
import { createSeal } from "./http/responses/seal.ts";
import { createStoredHandlers } from "./http/responses/stored.ts";
import { sealKey } from "./seal-key.ts";
import { durationMs } from "../contracts/config/fields.ts";
import { createEmbedders } from "./agent/models/embeddings/embedders.ts";
import { createSessionHandlers } from "./http/sessions.ts";
import { createToolHandler } from "./http/tools-invoke.ts";
import { createLogTail } from "./log-tail.ts";
import { packageVersion } from "./package.ts";
import { createSocket } from "./socket/create-socket.ts";
import { socketLimits, type SocketLimits } from "./socket/limits.ts";
import { createResponsesSocket } from "./socket/responses/door.ts";
import { responsesSocketLimits, type ResponsesSocketLimits } from "./socket/responses/limits.ts";
import { createUpgrade } from "./socket/upgrade.ts";

export interface GatewayParts extends EngineParts {
  /** What the secret is called to callers; a token unless it says otherwise. */
  readonly secretMode?: "token" | "password" | "none";
  readonly packageRoot: string;
  readonly port: number;
  readonly host: string;
  /** Of the socket, where they differ from the usual ones. */
  readonly socketLimits?: Partial<SocketLimits>;
  /** The same of the one on /v1/responses. */
  readonly responsesSocketLimits?: Partial<ResponsesSocketLimits>;
}

export interface Gateway {
  readonly url: string;
  /** Lets running requests finish for `gateway.limits.drainMs`, then ends them with an error, then everything. */
  stop(): Promise<void>;
}

/** Headers of a stream leave after this time at the latest; silence is broken by a comment after that one. */
const streamTimes = { headersAfterMs: 10_000, keepAliveMs: 15_000 };

export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const { config, clock, newId } = parts;
  const logTail = createLogTail(parts.log, config.logging.level, clock);
  const { log } = logTail;
  const { limits, http, auth } = config.gateway;
  const startedAt = clock();
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;

  const engine = await createEngine({ ...parts, log });
  const { agentsFor, findRoute, runAgent, store } = engine;
  const departures = createDepartures();
  const browser = {
    loopback: isLoopback(parts.host),
    allowedHosts: http.allowedHosts,
    allowedOrigins: http.cors.allowedOrigins,
  };
  const gate = createGate(parts.secret, createFailureLimiter(auth.rateLimit, clock), engine.keys.find);
  const clientAddress = createClientAddress(config.gateway.trustedProxies);
  const attachmentsOf = (name: "chatCompletions" | "responses"): ReadAttachments =>
    createAttachmentReader({
      rules: http.endpoints[name],
      place: `gateway.http.endpoints.${name}`,
      fetch: engine.fetch,
      documents: engine.documents,
      enter: (signal) => engine.readers.enter(signal, limits.maxWaitMs),
    });

  const readForChat = attachmentsOf("chatCompletions");
  const readForResponses = attachmentsOf("responses");
  const seal = createSeal(sealKey(parts.stateDir));

  const responses = {
    findRoute,
    runAgent,
    store: store.responses,
    readAttachments: readForResponses,
    seal,
    onDisconnect: http.onDisconnect,
    ttlMs: durationMs(http.endpoints.responses.ttl),
    clock,
    newId,
    log,
  };
  const json = { maxDepth: limits.maxJsonDepth, maxNodes: limits.maxJsonNodes };

  const app = createApp({
    newId,
    log,
    departures,
    hold: createHold(store.idempotency, log),
    stream: { ...streamTimes, maxUnreadBytes: limits.maxUnreadBytes, slowReaderMs: limits.slowReaderMs },
    rules: {
      isOn: (name) => valueAt(config, name) === true,
      stopping: isStopping,
      browser,
      gate,
      clientAddress,
      maxBodyBytes: (limit) => valueAt(config, limit) as number,
      json,
    },
    handlers: {
      createChatCompletion: createChatHandler({
        findRoute,
        runAgent,
        readAttachments: readForChat,
        onDisconnect: http.onDisconnect,
        clock,
        newId,
      }),
      createResponse: createResponsesHandler({ ...responses, detach: departures.detach }),
      compactResponse: createCompactHandler({
        findRoute,
        store: store.responses,
        readAttachments: readForResponses,
        seal,
        enter: (signal) => engine.slots.enter(signal, limits.maxWaitMs),
        clock,
        newId,
      }),
      countInputTokens: createCountHandler({
        findRoute,
        store: store.responses,
        readAttachments: readForResponses,
        unseal: seal.unseal,
      }),
      ...createStoredHandlers({
        store: store.responses,
        abort: (id) => engine.running.abort((run) => run.id === id) > 0,
      }),
      createEmbedding: createEmbeddingHandler({
        findRoute,
        embedders: createEmbedders(config),
        enter: (signal) => engine.slots.enter(signal, limits.maxWaitMs),
      }),
      invokeTool: createToolHandler({ findRoute, invoke: engine.invoke }),
      ...createSessionHandlers({
        sessions: store.sessions,
        runs: engine.running,
        defaultAgentOf: (credential) => agentsFor(credential).default.id,
        stopping: stopping.signal,
      }),
      ...createModelHandlers(agentsFor, http.modelAliases, startedAt),
      ...createHealthHandlers(isStopping),
      ...createDocsHandlers(parts.packageRoot),
    },
  });

  const socket = createSocket({
    ...engine,
    config,
    limits: { ...socketLimits, ...parts.socketLimits },
    version: packageVersion,
    authMode: parts.secret === undefined ? "none" : (parts.secretMode ?? "token"),
    readAttachments: readForChat,
    startedAt,
    sessions: store.sessions,
    idempotency: store.idempotency,
    departures,
    logTail,
    gate,
    clientAddress,
    stopping: isStopping,
    clock,
    newId,
    log,
  });
  const responsesSocket = createResponsesSocket({
    ...responses,
    limits: { ...responsesSocketLimits, ...parts.responsesSocketLimits },
    enabled: http.endpoints.responses.enabled,
    maxRequestBytes: http.endpoints.responses.maxBodyBytes,
    reader: limits,
    json,
    departures,
    gate,
    clientAddress,
    stopping: isStopping,
  });
  const doors = new Map([
    ["/", socket.upgrade],
    ["/v1/responses", responsesSocket.upgrade],
  ]);
  const upgrade = createUpgrade(doors, { browser, stopping: isStopping, newId });

  const { tls } = config.gateway;
  const listener = await listen(app, { port: parts.port, host: parts.host, tls, limits, upgrade }).catch(
    async (error: unknown) => {
      await engine.close();
      throw error;
    },
  );

  return {
    url: urlOf(listener.address, tls),
    stop: async () => {
      if (isStopping()) return;
      stopping.abort();
      socket.announce("the gateway stops");
      await departures.idle(limits.drainMs);
      departures.abortAll(
        new GatewayError("shutting_down", "The gateway is stopping; the run was ended.", {
          retryAfterSeconds: 5,
        }),
      );
      await departures.idle(2_000);
      await Promise.all([socket.close(1_000), responsesSocket.close(1_000)]);
      await listener.close(1_000);
      await engine.close();
    },
  };
}

function urlOf(
  { port, family, address }: { readonly port: number; readonly family: string; readonly address: string },
  tls: Config["gateway"]["tls"],
): string {
  const host = family === "IPv6" ? `[${address}]` : address;
  return `${tls === undefined ? "http" : "https"}://${host}:${port}`;
}
