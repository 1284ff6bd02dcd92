/** The state that the views share: agents, sessions, and every run that the credential may see. */
import { computed, effect, signal } from "@preact/signals";
import type { AgentEvent, GatewaySocket, SocketMethods } from "openclaw-gateway-client/socket";
import { can, describe, onReconnect, signOut, socket } from "./connection.ts";
import { liveItemsOf } from "./merge-run.ts";
import { applyEvent, createRun, type Run } from "./run.ts";

export type Agents = SocketMethods["agents.list"]["result"];
export type SessionRow = SocketMethods["sessions.list"]["result"]["sessions"][number];

export const agents = signal<Agents | undefined>(undefined);
export const recentSessions = signal<readonly SessionRow[]>([]);
/** By id, oldest first. */
export const runs = signal<ReadonlyMap<string, Run>>(new Map());
export const activeRuns = computed(() => [...runs.value.values()].filter(({ phase }) => phase !== "ended"));

const maxEndedRuns = 200;
let latest = new Map<string, Run>();
let isScheduled = false;

/** Text arrives faster than a screen shows it, so changes are published together. */
function publish(): void {
  if (isScheduled) return;
  isScheduled = true;
  setTimeout(() => {
    isScheduled = false;
    forgetOldRuns();
    runs.value = new Map(latest);
  }, 30);
}

function forgetOldRuns(): void {
  const ended = [...latest.values()].filter(({ phase }) => phase === "ended");
  for (const { id } of ended.slice(0, Math.max(0, ended.length - maxEndedRuns))) latest.delete(id);
}

/** Every run with its newest state, which `runs` has a little later. */
export const listRuns = (): readonly Run[] => [...latest.values()];

export function updateRun(id: string, change: (run: Run) => Run): void {
  const run = latest.get(id);
  if (run === undefined) return;
  latest.set(id, change(run));
  publish();
}

export function addRun(run: Run): void {
  latest.set(run.id, run);
  publish();
}

const storeListeners = new Set<(run: Run) => void>();
/** Calls the listener when messages of a run were stored: its input when it starts, the rest when it has ended. */
export function onRunStored(listener: (run: Run) => void): void {
  storeListeners.add(listener);
}

function takeEvent(event: AgentEvent): void {
  const { runId, sessionKey, ts } = event;
  const run = applyEvent(latest.get(runId) ?? createRun(runId, sessionKey, ts), event);
  latest.set(runId, run);
  publish();
  if (event.stream === "lifecycle" && event.data.phase !== "fallback")
    for (const listener of storeListeners) listener(run);
}

async function readEvents(opened: GatewaySocket): Promise<void> {
  try {
    for await (const event of opened.events("agent", { limit: 100_000 })) takeEvent(event);
  } catch (error) {
    if (socket.value === opened) signOut(describe(error));
  }
}

async function readSessionChanges(opened: GatewaySocket): Promise<void> {
  for await (const { sessionKey } of opened.events("sessions.changed", { limit: 100_000 })) {
    scheduleSessions();
    changedKeys.add(sessionKey);
  }
}

const changeListeners = new Set<(sessionKey: string) => void>();
/** Calls the listener when a stored session has changed, at most four times a second. */
export function onSessionChange(listener: (sessionKey: string) => void): void {
  changeListeners.add(listener);
}
const changedKeys = new Set<string>();

let sessionTimer: ReturnType<typeof setTimeout> | undefined;
function scheduleSessions(): void {
  sessionTimer ??= setTimeout(() => {
    sessionTimer = undefined;
    void loadRecentSessions();
    for (const key of changedKeys) for (const listener of changeListeners) listener(key);
    changedKeys.clear();
  }, 250);
}

async function loadRecentSessions(): Promise<void> {
  const opened = socket.value;
  if (opened === undefined || !can("operator.read")) return;
  const page = await opened
    .call("sessions.list", { limit: 20, includeDerivedTitles: true })
    .catch(() => undefined);
  if (page !== undefined && socket.value === opened) recentSessions.value = page.sessions;
}

function subscribe(opened: GatewaySocket): void {
  if (!can("operator.read")) return;
  void opened.call("sessions.subscribe").catch(() => {});
  void loadRecentSessions();
}

onReconnect(() => {
  for (const run of latest.values())
    if (run.phase !== "ended") latest.set(run.id, { ...run, items: [], earlierItems: liveItemsOf(run) });
  publish();
  if (socket.value !== undefined) subscribe(socket.value);
});

effect(() => {
  const opened = socket.value;
  latest = new Map();
  runs.value = latest;
  agents.value = undefined;
  recentSessions.value = [];
  if (opened === undefined) return;
  void readEvents(opened);
  void readSessionChanges(opened).catch(() => {});
  if (can("operator.read", "run")) {
    void opened.call("agents.list").then(
      (list) => (agents.value = list),
      () => {},
    );
  }
  subscribe(opened);
});

export const titleOf = ({ label, derivedTitle, key }: SessionRow): string => label ?? derivedTitle ?? key;
