/** Tells the connections of every run that they may see, whichever door it came through, and of changed sessions. */
import { maySee } from "../agent/sessions/access.ts";
import type { SessionCatalog } from "../agent/sessions/catalog.ts";
import type { RunningRuns } from "../agent/running-runs.ts";
import type { Clock, Run } from "../agent/types.ts";
import { agentEvents, type RunTeller } from "./agent-events.ts";
import { chatEvents } from "./chat-events.ts";
import type { Connection, Hub } from "./hub.ts";

interface FeedParts {
  readonly hub: Hub;
  readonly running: RunningRuns;
  readonly sessions: SessionCatalog;
  readonly clock: Clock;
}

/** Returns the way to stop. */
export function createRunFeed({ hub, running, sessions, clock }: FeedParts): () => void {
  const tellers = new WeakMap<Run, readonly RunTeller[]>();

  const begin = (run: Run): readonly RunTeller[] => {
    const { sessionKey, credential } = run;
    const to = (connection: Connection): boolean => maySee(connection.credential.name, credential);
    const agent = agentEvents(run, clock, (event, droppable) => hub.tell("agent", event, { droppable, to }));
    if (sessionKey === undefined) return [agent];
    return [
      agent,
      chatEvents(run, sessionKey, clock, (event, droppable) => hub.tell("chat", event, { droppable, to })),
    ];
  };
  const stopRuns = running.watch((run, event) => {
    // Events are not kept for whoever connects in the middle of a run: they would tell half of its text as the whole.
    if (event.type === "start" && hub.connections.size > 0) tellers.set(run, begin(run));
    for (const teller of tellers.get(run) ?? []) teller.take(event);
  });

  const stopSessions = sessions.changes.listen((key, reason) => {
    const viewers = new Set(
      [...hub.connections]
        .filter(({ subscriptions }) => subscriptions.has(key))
        .map(({ credential }) => credential.name),
    );
    for (const viewer of viewers) {
      const tell = (): void =>
        hub.tell(
          "sessions.changed",
          { sessionKey: key, reason, ts: clock() },
          { to: ({ credential, subscriptions }) => credential.name === viewer && subscriptions.has(key) },
        );
      if (maySee(viewer, "")) tell();
      // Whether it is theirs to know only the store can say, and only while it is there.
      else if (reason !== "deleted") sessions.find(key, viewer).then(tell, () => {});
    }
  });
  return () => {
    stopRuns();
    stopSessions();
  };
}
