/** Broadcasts the events of runs from every endpoint, and changes of sessions, to the connections that may see them. */
import { canView } from "../agent/sessions/permissions.ts";
import type { SessionCatalog } from "../agent/sessions/catalog.ts";
import type { RunningRuns } from "../agent/running-runs.ts";
import type { NodeBus } from "../lib/node-bus.ts";
import type { Clock } from "../lib/ports.ts";
import type { RunEvent } from "../agent/types.ts";
import { createAgentEventSink, type RunEventSink } from "./agent-events.ts";
import { createChatEventSink } from "./chat-events.ts";
import type { Connection, Broadcaster } from "./broadcaster.ts";
import { shareRunEvents, type WatchedRun } from "./share-run-events.ts";
import { isSubscribedTo } from "./subscriptions.ts";

interface RunBroadcastDeps {
  readonly broadcaster: Broadcaster;
  readonly running: RunningRuns;
  readonly sessions: Pick<SessionCatalog, "changes">;
  readonly bus: NodeBus;
  readonly clock: Clock;
}

interface RunBroadcast {
  /** Call it when a connection opens: the events of other nodes are requested. */
  request(): void;
  stop(): void;
}

export function broadcastRuns({
  broadcaster,
  running,
  sessions,
  bus,
  clock,
}: RunBroadcastDeps): RunBroadcast {
  const createSinks = (run: WatchedRun, first: RunEvent): readonly RunEventSink[] => {
    // A connection that opens later would get a partial text as the full one, so the sinks are created at the start only.
    if (broadcaster.connections.size === 0) return [];
    const { sessionKey, credential } = run;
    const owner = first.type === "start" ? first.owner : undefined;
    const to = ({ credential: { name } }: Connection): boolean => canView(name, credential) || name === owner;
    const agent = createAgentEventSink(run, clock, (event, droppable, delta) =>
      broadcaster.broadcast("agent", event, { droppable, to, delta }),
    );
    if (sessionKey === undefined) return [agent];
    return [
      agent,
      createChatEventSink(run, sessionKey, clock, (event, droppable, delta) =>
        broadcaster.broadcast("chat", event, { droppable, to, delta }),
      ),
    ];
  };
  const stopRuns = running.watch((run) => {
    let sinks: readonly RunEventSink[] | undefined;
    return (event) => {
      sinks ??= createSinks(run, event);
      for (const sink of sinks) sink.emit(event);
    };
  });

  const shared = shareRunEvents({
    bus,
    running,
    hasConnections: () => broadcaster.connections.size > 0,
    createWatcher(run, first) {
      const sinks = createSinks(run, first);
      return (event) => sinks.forEach((sink) => sink.emit(event));
    },
    clock,
  });
  const stopSessions = sessions.changes.subscribe((key, { reason, credential: owner }) => {
    const to = ({ credential, subscriptions }: Connection): boolean =>
      isSubscribedTo(subscriptions, key) && canView(credential.name, owner);
    broadcaster.broadcast("sessions.changed", { sessionKey: key, reason, ts: clock() }, { to });
  });
  return {
    request: shared.request,
    stop() {
      stopRuns();
      stopSessions();
      shared.close();
    },
  };
}
