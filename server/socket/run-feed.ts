/** Tells the connections of every run that they may see, whichever door it came through, and of changed sessions. */
import { maySee } from "../agent/sessions/access.ts";
import type { SessionCatalog } from "../agent/sessions/catalog.ts";
import type { RunningRuns } from "../agent/running-runs.ts";
import type { Clock, Run, RunEvent } from "../agent/types.ts";
import { agentEvents, type RunTeller } from "./agent-events.ts";
import { chatEvents } from "./chat-events.ts";
import type { Connection, Hub } from "./hub.ts";

interface FeedParts {
  readonly hub: Hub;
  readonly running: RunningRuns;
  readonly sessions: Pick<SessionCatalog, "changes">;
  readonly clock: Clock;
}

/** Returns the way to stop. */
export function createRunFeed({ hub, running, sessions, clock }: FeedParts): () => void {
  const tellers = new WeakMap<Run, readonly RunTeller[]>();

  const begin = (run: Run, first: RunEvent): readonly RunTeller[] => {
    // Events are not kept for whoever connects in the middle of a run: they would tell half of its text as the whole.
    if (hub.connections.size === 0) return [];
    const { sessionKey, credential } = run;
    const owner = first.type === "start" ? first.owner : undefined;
    const to = ({ credential: { name } }: Connection): boolean => maySee(name, credential) || name === owner;
    const agent = agentEvents(run, clock, (event, droppable) => hub.tell("agent", event, { droppable, to }));
    if (sessionKey === undefined) return [agent];
    return [
      agent,
      chatEvents(run, sessionKey, clock, (event, droppable) => hub.tell("chat", event, { droppable, to })),
    ];
  };
  const stopRuns = running.watch((run, event) => {
    const told = tellers.get(run) ?? begin(run, event);
    tellers.set(run, told);
    for (const teller of told) teller.take(event);
  });

  const stopSessions = sessions.changes.listen((key, { reason, credential: owner }) => {
    const to = ({ credential, subscriptions }: Connection): boolean =>
      subscriptions.has(key) && maySee(credential.name, owner);
    hub.tell("sessions.changed", { sessionKey: key, reason, ts: clock() }, { to });
  });
  return () => {
    stopRuns();
    stopSessions();
  };
}
