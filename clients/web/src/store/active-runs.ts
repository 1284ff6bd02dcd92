/** What the gateway says about the runs that have not ended: who started each, its model, and what it waits for. */
import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { SocketMethods } from "openclaw-gateway-client/socket";
import { can, onReconnect, socket } from "./connection.ts";
import { createRun } from "./run.ts";
import { addRun, listRuns, updateRun } from "./store.ts";

export type ActiveRun = SocketMethods["runs.list"]["result"]["runs"][number];

/** By id. */
export const activeRunFacts = signal<ReadonlyMap<string, ActiveRun>>(new Map());
/** The gateway's clock minus the one here, in milliseconds. */
export const clockOffset = signal(0);

const pollMs = 1_000;

async function loadActiveRuns(): Promise<void> {
  const opened = socket.peek();
  if (opened === undefined || !can("operator.read", "run")) return;
  const running = listRuns().filter(({ phase }) => phase === "running");
  const list = await opened.call("runs.list").catch(() => undefined);
  if (list === undefined || socket.peek() !== opened) return;
  activeRunFacts.value = new Map(list.runs.map((run) => [run.runId, run]));
  clockOffset.value = list.ts - Date.now();
  const known = new Set(listRuns().map(({ id }) => id));
  for (const { runId, sessionKey, createdAt, startedAt } of list.runs) {
    if (known.has(runId)) continue;
    const run = createRun(runId, sessionKey, startedAt ?? createdAt);
    addRun(startedAt === undefined ? run : { ...run, phase: "running" });
  }
  // Their last event came while there was no connection.
  for (const { id } of running)
    if (!activeRunFacts.value.has(id))
      updateRun(id, (run) => (run.phase === "ended" ? run : { ...run, phase: "ended", endedAt: Date.now() }));
}

/** Reads the list every second, while a view shows it. */
export function useActiveRuns(isShown: boolean): ReadonlyMap<string, ActiveRun> {
  useEffect(() => {
    if (!isShown) return;
    void loadActiveRuns();
    const timer = setInterval(() => void loadActiveRuns(), pollMs);
    return () => clearInterval(timer);
  }, [isShown]);
  return activeRunFacts.value;
}

onReconnect(() => void loadActiveRuns());
effect(() => {
  activeRunFacts.value = new Map();
  if (socket.value !== undefined) void loadActiveRuns();
});
