/** Keeps a response while it is made: what it tells and what its run adds to the conversation, in few writes. */
import { setTimeout as pause } from "node:timers/promises";
import type { Response } from "../../../contracts/http/responses/response.ts";
import type { ChainEntry, Instructions, NewResponse, ResponseStore } from "../../agent/sessions/responses.ts";
import type { RunJournal } from "../../agent/types.ts";
import { serializeEvent } from "../preserialized.ts";
import type { OutgoingEvent } from "./event-emitter.ts";

/** What of it is known before it begins. */
type NewResponseFields = Omit<NewResponse, "status" | "response" | "turns">;

export interface ResponseWriter {
  /** What the caller adds to the conversation: written with what comes next. */
  appendInput(turns: readonly ChainEntry[]): void;
  /** Durable when it resolves: from here on the response is found. */
  create(response: Response): Promise<void>;
  /** It was queued, and its turn has come. Durable when it resolves. */
  start(): Promise<void>;
  /** Adds to what the next write makes durable; after a while that comes by itself. */
  appendEvents(events: readonly OutgoingEvent[]): void;
  /** Durable when it resolves. */
  flush(): Promise<void>;
  /** With its last events. Durable when it resolves; nothing can be added afterwards. */
  finish(response: Response, last: readonly OutgoingEvent[]): Promise<void>;
  /** The same, when it can be written: now, or once the store has healed. Never rejects. */
  finishWithRetries(response: Response, last: readonly OutgoingEvent[]): Promise<void>;
  /** For the run: its turns are kept here. */
  readonly journal: RunJournal;
}

interface ResponseWriterDeps {
  readonly store: Pick<ResponseStore, "create" | "append" | "finish">;
  readonly fields: NewResponseFields;
  /** All that the conversation has given: they stay when its turns are replaced. */
  readonly instructions: readonly Instructions[];
  /** Events wait so long for others to be written with. */
  readonly delayMs: number;
  /** The response was deleted, or ended by another, while it was made. */
  readonly onDeleted: () => void;
}

/** Milliseconds between tries: an hour in all. Later a restart finds it unfinished. */
const retryDelaysMs = [1_000, 5_000, ...Array<number>(120).fill(30_000)];

export function createResponseWriter({
  store,
  fields,
  instructions,
  delayMs,
  onDeleted,
}: ResponseWriterDeps): ResponseWriter {
  const { id } = fields;
  let events: string[] = [];
  let turns: ChainEntry[] = [];
  let context: readonly ChainEntry[] | undefined;
  let newStatus: "in_progress" | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** Writes follow each other. */
  let lastWrite: Promise<unknown> = Promise.resolve();

  const enqueueWrite = <T>(write: () => Promise<T>): Promise<T> => {
    const next = lastWrite.then(write);
    lastWrite = next.catch(() => {});
    return next;
  };
  const flush = (): Promise<void> =>
    enqueueWrite(async () => {
      clearTimeout(timer);
      timer = undefined;
      const progress = { events, turns, context, status: newStatus };
      if (events.length + turns.length === 0 && context === undefined && newStatus === undefined) return;
      events = [];
      turns = [];
      context = undefined;
      newStatus = undefined;
      try {
        if (!(await store.append(id, progress))) onDeleted();
      } catch (error) {
        // The next write has to bring them too.
        events = [...progress.events, ...events];
        turns = context === undefined ? [...progress.turns, ...turns] : turns;
        context ??= progress.context;
        newStatus ??= progress.status;
        throw error;
      }
    });

  const finish: ResponseWriter["finish"] = (response, last) =>
    enqueueWrite(async () => {
      clearTimeout(timer);
      const { status } = response;
      if (status === "queued" || status === "in_progress") throw new Error("a response ends with its run");
      const all = [...events, ...last.map(serializeEvent)];
      await store.finish(id, { status, response: JSON.stringify(response), events: all, turns, context });
    });

  return {
    appendInput: (added) => void turns.push(...added),
    async create(response) {
      const status = response.status === "queued" ? "queued" : "in_progress";
      await store.create({ ...fields, status, response: JSON.stringify(response), turns });
      turns = [];
    },
    start() {
      newStatus = "in_progress";
      return flush();
    },
    appendEvents(newEvents) {
      if (newEvents.length === 0) return;
      for (const event of newEvents) events.push(serializeEvent(event));
      // A write that fails leaves its share to the next one, whose caller is told.
      timer ??= setTimeout(() => void flush().catch(() => {}), delayMs);
    },
    flush,
    finish,
    async finishWithRetries(response, last) {
      for (const retryDelayMs of [0, ...retryDelaysMs]) {
        await pause(retryDelayMs, undefined, { ref: false });
        const isWritten = await finish(response, last).then(
          () => true,
          () => false,
        );
        if (isWritten) return;
      }
    },
    journal: {
      async add(turn) {
        turns.push(turn);
        // A turn that ends the run is written with the end.
        if (turn.role === "tool" || (turn.role === "assistant" && turn.calls.length > 0)) await flush();
      },
      async replace(all) {
        context = [...instructions, ...all];
        turns = [];
        await flush();
      },
    },
  };
}
