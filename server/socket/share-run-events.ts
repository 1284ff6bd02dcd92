/**
 * Sends the events of runs to the nodes that have connections for them. A node without connections is sent nothing, and text
 * leaves in batches, because each notification costs the database a lock.
 */
import type { ErrorCode } from "../../contracts/errors.ts";
import { textOfParts } from "../agent/parts.ts";
import type { RunningRuns } from "../agent/running-runs.ts";
import type { NamedModel, Run, RunEvent } from "../agent/types.ts";
import { GatewayError } from "../lib/errors.ts";
import type { NodeBus } from "../lib/node-bus.ts";
import type { Clock } from "../lib/ports.ts";
import { truncateText } from "../lib/truncate-text.ts";

/** What a connection learns of a run, whichever node it is on. */
export interface WatchedRun extends Pick<Run, "id" | "credential" | "sessionKey"> {
  readonly models: readonly Pick<NamedModel, "ref" | "cost">[];
}

interface SharedEventsDeps {
  readonly bus: NodeBus;
  readonly running: RunningRuns;
  readonly hasConnections: () => boolean;
  /** Returns what takes the events of a run of another node. */
  readonly createWatcher: (run: WatchedRun, first: RunEvent) => (event: RunEvent) => void;
  readonly clock: Clock;
}

interface SharedEvents {
  /** Tells the other nodes that this one has a connection. */
  request(): void;
  close(): void;
}

/** A part of the JSON of an event, so that each message fits into a notification. */
interface Message {
  readonly key: string;
  readonly seq: number;
  readonly text: string;
  readonly isLast: boolean;
}

interface RemoteRun {
  readonly emit: (event: RunEvent) => void;
  nextSeq: number;
  text: string;
  lastAt: number;
  /** A message was lost: what comes then is no whole text. */
  isBroken: boolean;
}

type TextEvent = Extract<RunEvent, { type: "text" | "thinking" | "refusal" }>;
type SharedEvent = Exclude<
  RunEvent,
  { type: "tool_call" | "tool_call_arguments" | "state" | "tool_call_state" }
>;

/** Also in JSON of JSON, and as six bytes for each character, it is shorter than a notification. */
const partLength = 500;
const batchMs = 50;
const requestedMs = 6_000;
const maxResultLength = 64_000;
const silenceMs = 3_600_000;
const maxRemoteRuns = 10_000;

export function shareRunEvents(deps: SharedEventsDeps): SharedEvents {
  const { bus, running, hasConnections, createWatcher, clock } = deps;
  /** Until when other nodes want the events. */
  let requestedUntil = -Infinity;
  const remoteRuns = new Map<string, RemoteRun>();

  const request = (): void => bus.publish("run-events-requested", null);
  const stops = [
    bus.subscribe("run-events-requested", () => (requestedUntil = clock() + requestedMs)),
    bus.onGap(() => {
      if (hasConnections()) request();
      // The last event of a run may be lost, and a node may die.
      for (const [key, { lastAt }] of remoteRuns) if (clock() - lastAt > silenceMs) remoteRuns.delete(key);
    }),
    bus.subscribe("run-event", (data) => receive(data as Message)),
    running.watch((run) => {
      let send: ReturnType<typeof createSender> | undefined;
      return (event) => {
        if (event.type === "start" && clock() < requestedUntil) send = createSender(bus, run);
        if (send !== undefined && isShared(event)) send(event);
      };
    }),
  ];

  const receive = ({ key, seq, text, isLast }: Message): void => {
    let remote = remoteRuns.get(key);
    if (remote === undefined) {
      // A connection that opens later would get a part of the text as all of it.
      if (seq !== 0 || !isLast || !hasConnections() || remoteRuns.size === maxRemoteRuns) return;
      const [run, event] = JSON.parse(text) as [WatchedRun, RunEvent];
      remote = { emit: createWatcher(run, event), nextSeq: 1, text: "", lastAt: clock(), isBroken: false };
      remoteRuns.set(key, remote);
      remote.emit(event);
      return;
    }
    if (seq !== remote.nextSeq) {
      remote.isBroken = true;
      remote.text = "";
    }
    remote.nextSeq = seq + 1;
    remote.lastAt = clock();
    remote.text += text;
    if (!isLast) return;
    const event = parseEvent(remote.text);
    remote.text = "";
    if (event === undefined) return;
    if (!remote.isBroken || !isText(event)) remote.emit(event);
    if (event.type === "end") remoteRuns.delete(key);
  };
  return { request, close: () => stops.forEach((stop) => stop()) };
}

/** Returns a function that sends the events of one run. */
function createSender(bus: NodeBus, run: Run): (event: SharedEvent) => void {
  const { id, credential, sessionKey, models } = run;
  const key = `${id}\n${run.requestId}`;
  let seq = 0;
  let waiting: TextEvent | undefined;
  let timer: NodeJS.Timeout | undefined;

  const publish = (text: string): void => {
    for (let from = 0; from < text.length; from += partLength) {
      const part = text.slice(from, from + partLength);
      bus.publish("run-event", { key, seq, text: part, isLast: from + partLength >= text.length });
      seq += 1;
    }
  };
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting !== undefined) publish(JSON.stringify(waiting));
    waiting = undefined;
  };
  return (event) => {
    if (isText(event)) {
      if (waiting !== undefined && waiting.type !== event.type) flush();
      waiting = { ...event, text: (waiting?.text ?? "") + event.text };
      timer ??= setTimeout(flush, batchMs).unref();
      return;
    }
    flush();
    if (event.type !== "start") return publish(JSON.stringify(toMessage(event)));
    const prices = models.map(({ ref, cost }) => ({ ref, cost }));
    const first = JSON.stringify([{ id, credential, sessionKey, models: prices }, event]);
    bus.publish("run-event", { key, seq, text: first, isLast: true });
    seq += 1;
  };
}

function isText(event: RunEvent): event is TextEvent {
  return event.type === "text" || event.type === "thinking" || event.type === "refusal";
}

function isShared(event: RunEvent): event is SharedEvent {
  return (
    event.type !== "tool_call" &&
    event.type !== "tool_call_arguments" &&
    event.type !== "state" &&
    event.type !== "tool_call_state"
  );
}

/** Connections get the text of a result only, and no more of it. */
function toMessage(event: SharedEvent): unknown {
  if (event.type === "tool_result") {
    const text = textOfParts(event.output.content, { image: ({ mediaType }) => `[${mediaType}]` });
    const content = [{ type: "text", text: truncateText(text, maxResultLength) }];
    return { ...event, output: { isError: event.output.isError, content } };
  }
  if ((event.type !== "end" && event.type !== "fallback") || event.error === undefined) return event;
  const { code, message } = event.error;
  return { ...event, error: { code, message } };
}

/** Undefined for an event of which a part was lost. */
function parseEvent(text: string): RunEvent | undefined {
  try {
    const event = JSON.parse(text) as RunEvent;
    if ((event.type !== "end" && event.type !== "fallback") || event.error === undefined) return event;
    const { code, message } = event.error as { readonly code: ErrorCode; readonly message: string };
    return { ...event, error: new GatewayError(code, message) };
  } catch {
    return undefined;
  }
}
