/** All connections, and the one way to tell them something: written once, sent to those who may know. */
import { events } from "../../contracts/index.ts";
import { allows } from "../../contracts/rights.ts";
import type { PayloadOf, SocketEvent } from "../../contracts/socket/method.ts";
import type { PresenceEntry } from "../../contracts/socket/gateway-events.ts";
import type { z } from "zod";
import type { Caller } from "./handler.ts";
import type { Link } from "./link.ts";

export interface Connection extends Caller {
  readonly link: Link;
  readonly presence: z.input<typeof PresenceEntry>;
}

type Events = typeof events;

export interface Telling {
  /** A part of an event family that may be left out, where not all of it may. */
  readonly droppable?: boolean;
  readonly to?: (connection: Connection) => boolean;
}

export interface Hub {
  add(connection: Connection): void;
  readonly connections: ReadonlySet<Connection>;
  tell<Name extends keyof Events>(event: Name, payload: PayloadOf<Events[Name]>, telling?: Telling): void;
}

export const eventNames = Object.keys(events);

const everybody = (): boolean => true;

export function createHub(): Hub {
  const connections = new Set<Connection>();
  return {
    connections,
    add(connection) {
      connections.add(connection);
      connection.link.signal.addEventListener("abort", () => connections.delete(connection));
    },
    tell(event, payload, { droppable, to = everybody } = {}) {
      const contract: SocketEvent = events[event];
      const may = droppable ?? contract.droppable === "always";
      let text: string | undefined;
      for (const connection of connections) {
        const { auth } = contract;
        if (auth !== undefined && !allows(connection.scopes, auth)) continue;
        if (!to(connection)) continue;
        text ??= JSON.stringify(payload);
        connection.link.tell(event, text, may);
      }
    },
  };
}
