/** All connections, and the events for them. An event is serialized once and sent to every permitted connection. */
import { events } from "../../contracts/index.ts";
import { hasPermission } from "../../contracts/permissions.ts";
import type { PayloadOf, SocketEvent } from "../../contracts/socket/method.ts";
import type { PresenceEntry } from "../../contracts/socket/gateway-events.ts";
import type { z } from "zod";
import type { Caller } from "./handler.ts";
import type { ConnectionWriter } from "./connection-writer.ts";

export interface Connection extends Caller {
  readonly writer: ConnectionWriter;
  /** Text events need only what is new: the client has the capability `text-deltas`. */
  readonly wantsDeltas: boolean;
  readonly presence: z.input<typeof PresenceEntry>;
}

type Events = typeof events;

export interface BroadcastOptions {
  /** Whether a slow connection may miss this event. By default the contract of the event decides. */
  readonly droppable?: boolean;
  /** Selects the recipients. By default every connection with the permission of the event. */
  readonly to?: (connection: Connection) => boolean;
  /** The payload without the text so far, for connections with `text-deltas`. */
  readonly delta?: TextDelta | undefined;
}

export interface TextDelta {
  readonly payload: unknown;
  /** Whether it begins the text: then every connection can take it without the text so far. */
  readonly isFirst: boolean;
  /** The connections that have received all of the text before. */
  readonly upToDate: WeakSet<Connection>;
}

export interface Broadcaster {
  add(connection: Connection): void;
  remove(connection: Connection): void;
  readonly connections: ReadonlySet<Connection>;
  broadcast<Name extends keyof Events>(
    event: Name,
    payload: PayloadOf<Events[Name]>,
    options?: BroadcastOptions,
  ): void;
}

export const eventNames = Object.keys(events);

const isAnyone = (): boolean => true;

export function createBroadcaster(): Broadcaster {
  const connections = new Set<Connection>();
  return {
    connections,
    add: (connection) => void connections.add(connection),
    remove: (connection) => void connections.delete(connection),
    broadcast(event, payload, { droppable, to = isAnyone, delta } = {}) {
      const contract: SocketEvent = events[event];
      const isDroppable = droppable ?? contract.droppable === "always";
      let text: string | undefined;
      let deltaText: string | undefined;
      for (const connection of connections) {
        const { auth } = contract;
        if (auth !== undefined && !hasPermission(connection.scopes, auth)) continue;
        if (!to(connection)) continue;
        if (delta === undefined || !connection.wantsDeltas) {
          text ??= JSON.stringify(payload);
          connection.writer.sendEvent(event, text, isDroppable);
          continue;
        }
        const isEnough = delta.isFirst || delta.upToDate.has(connection);
        const own = isEnough
          ? (deltaText ??= JSON.stringify(delta.payload))
          : (text ??= JSON.stringify(payload));
        if (connection.writer.sendEvent(event, own, isDroppable)) delta.upToDate.add(connection);
        else delta.upToDate.delete(connection);
      }
    },
  };
}
