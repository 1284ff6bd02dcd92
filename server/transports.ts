/** Composes the HTTP application and the WebSocket on /v1/responses for one configuration. */
import type { Config } from "../contracts/config/config.ts";
import { getServedPath, type Switch } from "../contracts/endpoint.ts";
import { parseDurationMs } from "../contracts/config/fields.ts";
import { createEmbedders } from "./agent/models/embeddings/embedders.ts";
import type { ReadAttachmentsOf, ReadStoredFile } from "./attachments/attachment.ts";
import { createAttachmentReader } from "./attachments/read-attachments.ts";
import type { Authenticate } from "./auth/authenticate.ts";
import type { Authentication } from "./auth/authentication.ts";
import type { ClientAddress } from "./auth/client-address.ts";
import type { BrowserRules } from "./auth/check-headers.ts";
import { getValueAt } from "./config/lookup.ts";
import type { Encryption } from "./dialects/encryption.ts";
import type { CancellableCalls } from "./dialects/mcp/cancellable-calls.ts";
import type { Engine } from "./engine.ts";
import { createApp } from "./http/app.ts";
import { createChatHandler } from "./http/chat-completions.ts";
import { createRateHeaders } from "./http/rate-headers.ts";
import type { Handlers } from "./http/handler.ts";
import { createNewItemsParser } from "./dialects/responses/new-items.ts";
import { createConversationHandlers } from "./http/conversations.ts";
import { createFileHandlers } from "./http/files.ts";
import { createHookHandlers } from "./http/hooks.ts";
import { createEmbeddingHandler } from "./http/embeddings.ts";
import { createMcpMessageHandler } from "./http/mcp.ts";
import type { IdempotencyGuard } from "./http/idempotency.ts";
import { createMessageCountHandler } from "./http/messages/count-tokens.ts";
import { createMessagesHandler } from "./http/messages/create-message.ts";
import { createModelHandlers } from "./http/models.ts";
import { createCompactHandler } from "./http/responses/compact.ts";
import { createResponsesHandler } from "./http/responses/create-response.ts";
import { createCountHandler } from "./http/responses/input-tokens.ts";
import { createStoredResponsesHandlers } from "./http/responses/stored-responses.ts";
import { createSessionHandlers } from "./http/sessions.ts";
import type { StreamTimes } from "./http/stream-times.ts";
import { createToolHandler } from "./http/tools-invoke.ts";
import type { JsonLimits } from "./lib/json-limits.ts";
import { packageVersion } from "./lib/package.ts";
import type { Clock, Log, NewId } from "./lib/ports.ts";
import type { ResponsesSocketLimits } from "./socket/responses/connection.ts";
import { createResponsesWebSocket, type ResponsesWebSocket } from "./socket/responses/responses-websocket.ts";
import type { BodyBudget } from "./transport/body-budget.ts";
import type { InFlightRequests } from "./transport/in-flight.ts";

/** What all configurations share. */
export interface TransportDeps {
  readonly engine: Engine;
  readonly encryption: Encryption;
  readonly inFlight: InFlightRequests;
  readonly claimKey: IdempotencyGuard;
  readonly mcpCalls: CancellableCalls;
  readonly bodyBudget: BodyBudget;
  readonly reportOverload: () => void;
  readonly authenticate: Authenticate;
  readonly createHookAuthenticator: Authentication["createHookAuthenticator"];
  readonly clientAddress: ClientAddress;
  /** Handlers that follow from no configuration. */
  readonly fixedHandlers: FixedHandlers;
  readonly isLoopback: boolean;
  readonly streamTimes: StreamTimes;
  readonly responsesSocketLimits: ResponsesSocketLimits;
  readonly startedAt: number;
  readonly stopping: AbortSignal;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
}

type FixedHandlers = Pick<
  Handlers,
  | "getHealth"
  | "getReadiness"
  | "getStartup"
  | "getMetrics"
  | "getUsage"
  | "getAudit"
  | "verifyAudit"
  | "getOpenapiYaml"
  | "getOpenapiJson"
  | "getAsyncapiYaml"
  | "getDocs"
  | "getSocketDocs"
  | "getPage"
>;

/** A request belongs to the transports that it arrived at, until its end. */
export interface Transports {
  readonly handleRequest: ReturnType<typeof createApp>;
  readonly responsesSocket: ResponsesWebSocket;
  readonly browser: BrowserRules;
  readonly json: JsonLimits;
  readonly readChatAttachments: ReadAttachmentsOf;
}

export function composeTransports(config: Config, deps: TransportDeps): Transports {
  const { engine, encryption, inFlight, authenticate, streamTimes, stopping, clock, newId, log } = deps;
  const { limits, http } = config.gateway;
  const { getAgents, findRoute, runAgent, store } = engine;
  const isStopping = (): boolean => stopping.aborted;
  const observers = engine.telemetry.createObservers(config);
  const browser = {
    loopback: deps.isLoopback,
    allowedHosts: http.allowedHosts,
    allowedOrigins: http.cors.allowedOrigins,
  };
  const { files } = http.endpoints;
  const readStoredFile: ReadStoredFile = async (id, credential) => {
    const file = await store.files.find(id, credential);
    return { filename: file.filename, size: file.bytes, read: () => store.files.read(file) };
  };
  const createReader = (name: "chatCompletions" | "responses" | "messages"): ReadAttachmentsOf =>
    createAttachmentReader({
      rules: http.endpoints[name],
      configPath: `gateway.http.endpoints.${name}`,
      fetch: engine.fetch,
      documents: engine.documents,
      readStoredFile,
      acquire: (signal) => engine.attachmentSlots.acquire(signal, limits.maxWaitMs),
    });
  const readChatAttachments = createReader("chatCompletions");
  const readResponsesAttachments = createReader("responses");
  const readMessagesAttachments = createReader("messages");

  const responses = {
    findRoute,
    runAgent,
    store: store.responses,
    conversations: store.conversations,
    readAttachments: readResponsesAttachments,
    encryption,
    onDisconnect: http.onDisconnect,
    expiresAfterMs: parseDurationMs(http.endpoints.responses.ttl),
    repeatStateMs: streamTimes.repeatStateMs,
    clock,
    newId,
    log,
  };
  const json = { maxDepth: limits.maxJsonDepth, maxNodes: limits.maxJsonNodes };

  /** All other switches have a default. The page is on when only this machine can connect. */
  const unsetSwitches: Partial<Record<Switch, boolean>> = {
    "gateway.controlUi.enabled": deps.isLoopback,
    "gateway.http.endpoints.files.enabled": http.endpoints.responses.enabled,
  };
  const handleRequest = createApp({
    getPath: (endpoint) => getServedPath(endpoint, (setting) => getValueAt(config, setting) as string),
    strictTransportSecurity: http.securityHeaders.strictTransportSecurity || undefined,
    newId,
    log,
    observeRequest: observers.recordRequest,
    startServerSpan: engine.telemetry.startServerSpan,
    inFlight,
    claimKey: deps.claimKey,
    getRateHeaders: createRateHeaders(engine.getRates, clock),
    stream: { ...streamTimes, maxUnreadBytes: limits.maxUnreadBytes, slowReaderMs: limits.slowReaderMs },
    rules: {
      isEnabled: (name) => (getValueAt(config, name) ?? unsetSwitches[name]) === true,
      isStopping,
      browser,
      authenticate,
      authenticateHook: deps.createHookAuthenticator(config),
      clientAddress: deps.clientAddress,
      maxBodyBytes: (limit) => getValueAt(config, limit) as number,
      json,
      bodyBudget: deps.bodyBudget,
      files: store.files,
      hasRoom: engine.slots.hasRoom,
      reportOverload: deps.reportOverload,
    },
    handlers: {
      ...deps.fixedHandlers,
      createChatCompletion: createChatHandler({
        findRoute,
        runAgent,
        readAttachments: readChatAttachments,
        onDisconnect: http.onDisconnect,
        showToolsAsThinking: http.showToolsAsThinking,
        encryption,
        clock,
        newId,
      }),
      createResponse: createResponsesHandler({ ...responses, trackBackgroundWork: inFlight.trackDetached }),
      createMessage: createMessagesHandler({
        findRoute,
        runAgent,
        readAttachments: readMessagesAttachments,
        encryption,
        onDisconnect: http.onDisconnect,
        pingMs: streamTimes.pingMs,
        repeatWaitMs: streamTimes.repeatWaitMs,
        resetWaitMs: streamTimes.resetWaitMs,
        log,
        clock,
        newId,
      }),
      countMessageTokens: createMessageCountHandler({
        findRoute,
        readAttachments: readMessagesAttachments,
        encryption,
      }),
      probeConnection: () => ({ reply: undefined }),
      probeRoot: () => ({ reply: undefined }),
      compactResponse: createCompactHandler({
        findRoute,
        store: store.responses,
        conversations: store.conversations,
        readAttachments: readResponsesAttachments,
        encryption,
        acquireSlot: (signal) => engine.slots.acquire(signal, limits.maxWaitMs),
        openAccount: engine.openAccount,
        clock,
        newId,
      }),
      countInputTokens: createCountHandler({
        findRoute,
        store: store.responses,
        conversations: store.conversations,
        readAttachments: readResponsesAttachments,
        encryption,
      }),
      ...createStoredResponsesHandlers({
        store: store.responses,
        abort: async (id) =>
          engine.running.abort((run) => run.id === id) > 0 ||
          (await engine.abortElsewhere({ runId: id })).length > 0,
      }),
      ...createConversationHandlers({
        conversations: store.conversations,
        sessions: store.sessions,
        runs: engine.running,
        edit: engine.editConversation,
        parseItems: createNewItemsParser(responses),
        newId,
      }),
      ...createFileHandlers({
        files: store.files,
        expiresAfterMs: parseDurationMs(files.expiresAfter),
        maxTotalBytes: files.totalBytes,
      }),
      createEmbedding: createEmbeddingHandler({
        findRoute,
        embedders: createEmbedders(config),
        findModel: engine.findModel,
        openAccount: engine.openAccount,
        acquireSlot: (signal) => engine.slots.acquire(signal, limits.maxWaitMs),
      }),
      invokeTool: createToolHandler({ findRoute, invoke: engine.invokeTool }),
      sendMcpMessage: createMcpMessageHandler({
        ...engine,
        version: packageVersion,
        calls: deps.mcpCalls,
        offersTools: http.endpoints.mcp.tools,
        onDisconnect: http.onDisconnect,
        heartbeatMs: streamTimes.pingMs,
        clock,
        newId,
      }),
      ...createHookHandlers({
        hooks: config.hooks,
        getAgents,
        findRoute,
        runAgent,
        systemEvents: store.systemEvents,
        trackBackgroundWork: inFlight.trackDetached,
        newId,
        log,
      }),
      ...createSessionHandlers({
        sessions: store.sessions,
        runs: engine.running,
        abortElsewhere: engine.abortElsewhere,
        defaultAgentOf: (credential) => getAgents(credential).default.id,
        stopping,
      }),
      ...createModelHandlers(getAgents, http, deps.startedAt),
    },
  });

  const responsesSocket = createResponsesWebSocket({
    ...responses,
    limits: deps.responsesSocketLimits,
    enabled: http.endpoints.responses.enabled,
    maxRequestBytes: http.endpoints.responses.maxBodyBytes,
    reader: limits,
    json,
    inFlightRequests: inFlight,
    bodyBudget: deps.bodyBudget,
    authenticate,
    isStopping,
    startServerSpan: engine.telemetry.startServerSpan,
  });
  return { handleRequest, responsesSocket, browser, json, readChatAttachments };
}
