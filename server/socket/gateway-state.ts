/** Presence and health of the gateway, as one credential may see them. Broadcasts both, and the ticks. */
import { basename } from "node:path";
import type { z } from "zod";
import type { Health, PresenceEntry } from "../../contracts/socket/gateway-events.ts";
import { canView } from "../agent/sessions/permissions.ts";
import type { GetAgents } from "../agent/agents.ts";
import type { Session, SessionCatalog } from "../agent/sessions/catalog.ts";
import { canSeeEverything } from "../lib/credential-names.ts";
import type { Clock } from "../lib/ports.ts";
import type { Broadcaster } from "./broadcaster.ts";
import type { SocketLimits } from "./limits.ts";

type Presence = readonly z.input<typeof PresenceEntry>[];

export interface GatewayState {
  getPresence(viewer: string): Presence;
  getHealth(viewer: string): Promise<z.input<typeof Health>>;
  /** Counters that grow with each broadcast. */
  getVersion(): { readonly presence: number; readonly health: number };
  /** Call it when a connection opens or closes. Broadcasts the presence list soon, once for several changes. */
  schedulePresence(): void;
  /** Starts the ticks and the health broadcasts. */
  start(): void;
  stop(): void;
}

interface GatewayStateDeps {
  readonly broadcaster: Broadcaster;
  readonly getAgents: GetAgents;
  readonly sessions: SessionCatalog;
  /** Path of the file that the sessions are stored in. */
  readonly sessionsFile: string;
  readonly limits: SocketLimits;
  readonly clock: Clock;
}

/** Maximum length of the presence list. The whole list is sent to every connection. */
const maxPresence = 100;
/** Lists sent in one interval: with more connections the interval is longer, since the cost is the square of their number. */
const maxPresenceRecipients = 100;
const maxCountedSessions = 1_000;
const recentSessions = 5;

export function createGatewayState({
  broadcaster,
  getAgents,
  sessions,
  sessionsFile,
  limits,
  clock,
}: GatewayStateDeps): GatewayState {
  const versions = { presence: 0, health: 0 };
  const timers = new Set<NodeJS.Timeout>();
  let presenceTimer: NodeJS.Timeout | undefined;

  const getPresence = (viewer: string): Presence => {
    const newest: Presence[number][] = [];
    for (const { credential, presence } of broadcaster.connections) {
      if (!canView(viewer, credential.name)) continue;
      newest.push(presence);
      if (newest.length > maxPresence) newest.shift();
    }
    return newest;
  };

  const getHealth: GatewayState["getHealth"] = async (viewer) => {
    const startedAt = clock();
    const recent = await sessions.list({ viewer, limit: maxCountedSessions });
    const now = clock();
    const agents = getAgents(viewer);
    return {
      ok: true,
      ts: now,
      durationMs: now - startedAt,
      defaultAgentId: agents.default.id,
      agents: agents.ids.map((id) => {
        const name = agents.find(id)?.name;
        return {
          agentId: id,
          ...(name !== undefined && { name }),
          isDefault: id === agents.default.id,
          sessions: countSessions(
            recent.filter(({ agentId }) => agentId === id),
            viewer,
            now,
          ),
        };
      }),
      sessions: countSessions(recent, viewer, now),
    };
  };
  const countSessions = (
    found: readonly Session[],
    viewer: string,
    now: number,
  ): z.input<typeof Health>["sessions"] => ({
    path: canSeeEverything(viewer) ? sessionsFile : basename(sessionsFile),
    count: found.length,
    recent: found
      .slice(0, recentSessions)
      .map(({ key, updatedAt }) => ({ key, updatedAt, age: Math.max(0, now - updatedAt) })),
  });

  /** Credentials see different connections and sessions, so each gets its own payload. */
  const forEachViewer = (visit: (viewer: string) => void): void => {
    for (const viewer of new Set([...broadcaster.connections].map(({ credential }) => credential.name)))
      visit(viewer);
  };
  const broadcastPresence = (): void => {
    presenceTimer = undefined;
    versions.presence += 1;
    forEachViewer((viewer) => {
      const payload = { presence: [...getPresence(viewer)], stateVersion: { ...versions } };
      broadcaster.broadcast("presence", payload, { to: ({ credential }) => credential.name === viewer });
    });
  };
  const broadcastHealth = (): void => {
    versions.health += 1;
    forEachViewer((viewer) => {
      const send = (payload: z.input<typeof Health>): void =>
        broadcaster.broadcast("health", payload, { to: ({ credential }) => credential.name === viewer });
      // A store failure skips this broadcast. The `health` method reports it.
      getHealth(viewer).then(send, () => {});
    });
  };

  return {
    getPresence,
    getHealth,
    getVersion: () => ({ ...versions }),
    schedulePresence() {
      const batches = Math.max(1, broadcaster.connections.size / maxPresenceRecipients);
      presenceTimer ??= setTimeout(broadcastPresence, limits.presenceIntervalMs * batches).unref();
    },
    start() {
      timers.add(
        setInterval(() => broadcaster.broadcast("tick", { ts: clock() }), limits.tickIntervalMs).unref(),
      );
      timers.add(setInterval(broadcastHealth, limits.healthIntervalMs).unref());
    },
    stop() {
      for (const timer of timers) clearInterval(timer);
      clearTimeout(presenceTimer);
    },
  };
}
