/** The composition root: everything is made here and passed on by value. */
import { join } from "node:path";
import type { Config } from "../contracts/config/config.ts";
import { createAgents } from "./agent/agents.ts";
import { createCooldowns } from "./agent/cooldowns.ts";
import { createModelCatalog, type ModelCatalog } from "./agent/models/catalog.ts";
import { createRouter } from "./agent/route.ts";
import { createRunAgent } from "./agent/run-agent.ts";
import { nodeSqliteDialect } from "./agent/sessions/node-sqlite.ts";
import { openSqlStore } from "./agent/sessions/sql-store.ts";
import { createLanes, createTurnstile } from "./agent/turnstile.ts";
import type { Clock, Log, NewId } from "./agent/types.ts";
import { GatewayError } from "./errors.ts";
import { valueAt } from "./config/value-at.ts";
import { createClientAddress } from "./gate/client-address.ts";
import { createGate } from "./gate/credentials.ts";
import { isLoopback } from "./gate/exposure.ts";
import { createFailureLimiter } from "./gate/failure-limiter.ts";
import { createApp } from "./http/app.ts";
import { createChatHandler } from "./http/chat/chat-completions.ts";
import { createDepartures } from "./http/departures.ts";
import { createDocsHandlers } from "./http/docs.ts";
import { createHealthHandlers } from "./http/health.ts";
import { listen } from "./http/listener.ts";
import { createModelHandlers } from "./http/models.ts";

export interface GatewayParts {
  readonly config: Config;
  readonly stateDir: string;
  readonly packageRoot: string;
  readonly port: number;
  readonly host: string;
  /** The shared secret; undefined asks nobody for a credential. */
  readonly secret: string | undefined;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  /** The models that agents may name; by default those of the configuration. */
  readonly models?: ModelCatalog;
}

export interface Gateway {
  readonly url: string;
  /** Lets running requests finish for `gateway.limits.drainMs`, then ends them with an error, then everything. */
  stop(): Promise<void>;
}

/** Headers of a stream leave after this time at the latest; silence is broken by a comment after that one. */
const streamTimes = { headersAfterMs: 10_000, keepAliveMs: 15_000 };

export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const { config, clock, newId, log } = parts;
  const { limits, http, auth } = config.gateway;
  const chat = http.endpoints.chatCompletions;
  const startedAt = clock();
  let stopping = false;

  const dialect = nodeSqliteDialect(join(parts.stateDir, "sessions.sqlite"));
  const store = await openSqlStore({ dialect, clock, newId, exclusive: true });
  const agents = createAgents(config.agents, parts.models ?? createModelCatalog(config.models));
  const departures = createDepartures();
  const runAgent = createRunAgent({
    store,
    cooldowns: createCooldowns(clock),
    clock,
    newId,
    log,
    enterLane: createLanes({
      holders: 1,
      waiting: limits.maxWaitingPerSession,
      refuse: () =>
        new GatewayError("session_busy", "Too many requests wait for this session.", {
          retryAfterSeconds: 5,
        }),
    }),
    maxSlotWaitMs: limits.maxWaitMs,
    slots: createTurnstile({
      holders: limits.maxConcurrentRuns,
      waiting: limits.maxWaitingRuns,
      refuse: () =>
        new GatewayError("server_overloaded", "All runs are taken; try again in a moment.", {
          retryAfterSeconds: 5,
        }),
    }),
  });

  const app = createApp({
    newId,
    log,
    departures,
    stream: { ...streamTimes, maxUnreadBytes: limits.maxUnreadBytes, slowReaderMs: limits.slowReaderMs },
    rules: {
      isOn: (name) => valueAt(config, name) === true,
      stopping: () => stopping,
      browser: {
        loopback: isLoopback(parts.host),
        allowedHosts: http.allowedHosts,
        allowedOrigins: http.cors.allowedOrigins,
      },
      gate: createGate(parts.secret, createFailureLimiter(auth.rateLimit, clock)),
      clientAddress: createClientAddress(config.gateway.trustedProxies),
      maxBodyBytes: (limit) => valueAt(config, limit) as number,
      json: { maxDepth: limits.maxJsonDepth, maxNodes: limits.maxJsonNodes },
    },
    handlers: {
      createChatCompletion: createChatHandler({
        findRoute: createRouter(agents, http),
        runAgent,
        images: {
          maxParts: chat.maxImageParts,
          maxBytes: chat.images.maxBytes,
          maxTotalBytes: chat.maxTotalImageBytes,
        },
        onDisconnect: http.onDisconnect,
        clock,
        newId,
      }),
      ...createModelHandlers(agents, http.modelAliases, startedAt),
      ...createHealthHandlers(() => stopping),
      ...createDocsHandlers(parts.packageRoot),
    },
  });

  const { tls } = config.gateway;
  const listener = await listen(app, { port: parts.port, host: parts.host, tls, limits }).catch(
    async (error: unknown) => {
      await store.close();
      throw error;
    },
  );
  const { port, family, address } = listener.address;

  return {
    url: `${tls === undefined ? "http" : "https"}://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    stop: async () => {
      if (stopping) return;
      stopping = true;
      await departures.idle(limits.drainMs);
      departures.abortAll(
        new GatewayError("shutting_down", "The gateway is stopping; the run was ended.", {
          retryAfterSeconds: 5,
        }),
      );
      await departures.idle(2_000);
      await listener.close(1_000);
      await store.close();
    },
  };
}
