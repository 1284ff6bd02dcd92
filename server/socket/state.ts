/** How the gateway is and who is connected, as a credential may see it; told anew when it changes and once a while. */
import type { z } from "zod";
import type { Health, PresenceEntry } from "../../contracts/socket/gateway-events.ts";
import { maySee } from "../agent/sessions/access.ts";
import type { AgentsFor } from "../agent/agents.ts";
import type { SessionCatalog } from "../agent/sessions/catalog.ts";
import type { Clock } from "../agent/types.ts";
import type { Hub } from "./hub.ts";
import type { SocketLimits } from "./limits.ts";

type Presence = readonly z.input<typeof PresenceEntry>[];

export interface State {
  presenceFor(viewer: string): Presence;
  healthFor(viewer: string): Promise<z.input<typeof Health>>;
  version(): { readonly presence: number; readonly health: number };
  /** Somebody came or left. */
  presenceChanged(): void;
  /** Ticks from now on, until it is stopped. */
  start(): void;
  stop(): void;
}

interface StateParts {
  readonly hub: Hub;
  readonly agentsFor: AgentsFor;
  readonly sessions: SessionCatalog;
  readonly limits: SocketLimits;
  readonly clock: Clock;
}

/** Programs of one list: it goes to every one of them. */
const maxPresence = 100;
const maxCounted = 1_000;
const recentSessions = 5;

export function createState({ hub, agentsFor, sessions, limits, clock }: StateParts): State {
  const versions = { presence: 0, health: 0 };
  const timers = new Set<NodeJS.Timeout>();
  let soon: NodeJS.Timeout | undefined;

  const presenceFor = (viewer: string): Presence =>
    [...hub.connections]
      .filter(({ credential }) => maySee(viewer, credential.name))
      .slice(-maxPresence)
      .map(({ presence }) => presence);

  const healthFor: State["healthFor"] = async (viewer) => {
    const began = clock();
    const found = await sessions.list({ viewer, limit: maxCounted });
    const now = clock();
    const agents = agentsFor(viewer);
    return {
      ok: true,
      ts: now,
      durationMs: now - began,
      defaultAgentId: agents.default.id,
      agents: agents.ids.map((id) => {
        const name = agents.find(id)?.name;
        return { agentId: id, ...(name !== undefined && { name }), isDefault: id === agents.default.id };
      }),
      sessions: {
        count: found.length,
        recent: found
          .slice(0, recentSessions)
          .map(({ key, updatedAt }) => ({ key, updatedAt, age: Math.max(0, now - updatedAt) })),
      },
    };
  };

  /** Once for each credential that is connected: what one may see another may not. */
  const forEachViewer = (tell: (viewer: string) => void): void => {
    for (const viewer of new Set([...hub.connections].map(({ credential }) => credential.name))) tell(viewer);
  };
  const tellPresence = (): void => {
    soon = undefined;
    versions.presence += 1;
    forEachViewer((viewer) => {
      const payload = { presence: [...presenceFor(viewer)], stateVersion: { ...versions } };
      hub.tell("presence", payload, { to: ({ credential }) => credential.name === viewer });
    });
  };
  const tellHealth = (): void => {
    versions.health += 1;
    forEachViewer((viewer) => {
      const tell = (payload: z.input<typeof Health>): void =>
        hub.tell("health", payload, { to: ({ credential }) => credential.name === viewer });
      // A store that fails now is told to those who ask.
      healthFor(viewer).then(tell, () => {});
    });
  };

  return {
    presenceFor,
    healthFor,
    version: () => ({ ...versions }),
    presenceChanged() {
      soon ??= setTimeout(tellPresence, limits.presenceIntervalMs).unref();
    },
    start() {
      timers.add(setInterval(() => hub.tell("tick", { ts: clock() }), limits.tickIntervalMs).unref());
      timers.add(setInterval(tellHealth, limits.healthIntervalMs).unref());
    },
    stop() {
      for (const timer of timers) clearInterval(timer);
      clearTimeout(soon);
    },
  };
}
