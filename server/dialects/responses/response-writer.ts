/** Stores a response in progress, the turns of its run, and its events if it is in the background, in few writes. */
import { setTimeout as pause } from "node:timers/promises";
import type { Response } from "../../../contracts/http/responses/response.ts";
import type { ChainEntry, NewResponse, ResponseStore } from "../../agent/sessions/responses.ts";
import { getCalls } from "../../agent/parts.ts";
import type { RunJournal } from "../../agent/types.ts";
import { yieldAfterLongText } from "../../lib/yield-after-long-text.ts";
import { serializeEvent } from "../preserialized.ts";
import type { OutgoingEvent } from "./event-emitter.ts";

/** The fields that are known before the response starts. */
type NewResponseFields = Omit<NewResponse, "status" | "response" | "turns">;

export interface ResponseWriter {
  /** Adds what the request brings to the conversation. The next write stores it. */
  appendInput(turns: readonly ChainEntry[]): void;
  /** Durable when it resolves: from then on the response can be retrieved. */
  create(response: Response): Promise<void>;
  /** The queued response is in progress. Durable when it resolves. */
  start(): Promise<void>;
  /** Adds events of a background response to the next write, which happens after `delayMs` at the latest. */
  appendEvents(events: readonly OutgoingEvent[]): void;
  /** Durable when it resolves. */
  flush(): Promise<void>;
  /** Stores the last events of a background response, and the terminal state. Durable when it resolves; nothing can be added afterwards. */
  finish(response: Response, last: readonly OutgoingEvent[]): Promise<void>;
  /** Like `finish`, but retries for an hour while the store fails. Never rejects. */
  finishWithRetries(response: Response, last: readonly OutgoingEvent[]): Promise<void>;
  /** Receives the turns of the run. */
  readonly journal: RunJournal;
}

interface ResponseWriterDeps {
  readonly store: Pick<ResponseStore, "create" | "append" | "finish">;
  readonly fields: NewResponseFields;
  /** All instructions and settings of the conversation. They stay when a compaction replaces its turns. */
  readonly instructions: readonly ChainEntry[];
  /** The longest time that events wait to be written together. */
  readonly delayMs: number;
  /** Called when the response was deleted or ended by another request. */
  readonly onDeleted: () => void;
}

/** One hour in total. A response that is still unfinished then is marked at the next start. */
const retryDelaysMs = [1_000, 5_000, ...Array<number>(120).fill(30_000)];

/** The last events of a response repeat its whole text. */
async function serializeEvents(events: readonly OutgoingEvent[]): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const event of events) {
    const text = serializeEvent(event);
    texts.push(text);
    await yieldAfterLongText(text);
  }
  return texts;
}

export function createResponseWriter({
  store,
  fields,
  instructions,
  delayMs,
  onDeleted,
}: ResponseWriterDeps): ResponseWriter {
  const { id, background } = fields;
  let events: string[] = [];
  let turns: ChainEntry[] = [];
  let context: readonly ChainEntry[] | undefined;
  let newStatus: "in_progress" | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** Writes run one after the other. */
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
        // The next write includes what this one failed to store.
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
      if (status === "queued" || status === "in_progress")
        throw new Error("a response cannot be finished while it is in progress");
      const lastTexts = background ? await serializeEvents(last) : [];
      const all = [...events, ...lastTexts];
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
      // The events of a response that is not in the background are built from it when they are read.
      if (!background || newEvents.length === 0) return;
      for (const event of newEvents) events.push(serializeEvent(event));
      // After a failed write the next one stores these events too, and reports the failure.
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
        // The last turn of a run is written with its end.
        if (turn.role === "tool" || getCalls(turn).length > 0) await flush();
      },
      async replace(all) {
        context = [...instructions, ...all];
        turns = [];
        await flush();
      },
    },
  };
}
