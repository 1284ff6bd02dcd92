/** Keeps a response while it is made: what it tells and what its run adds to the conversation, in few writes. */
import { setTimeout as pause } from "node:timers/promises";
import type { Response } from "../../../contracts/http/responses/response.ts";
import type { ChainEntry, Instructions, NewResponse, ResponseStore } from "../../agent/sessions/responses.ts";
import type { RunJournal } from "../../agent/types.ts";
import { encode } from "../encoded.ts";
import type { ToldEvent } from "./teller.ts";

/** What of it is known before it begins. */
type Subject = Omit<NewResponse, "status" | "response" | "turns">;

export interface ResponseRecord {
  /** What the caller adds to the conversation: written with what comes next. */
  said(turns: readonly ChainEntry[]): void;
  /** Durable when it resolves: from here on the response is found. */
  begin(response: Response): Promise<void>;
  /** It was queued, and its turn has come. Durable when it resolves. */
  start(): Promise<void>;
  /** Adds to what the next write makes durable; after a while that comes by itself. */
  add(events: readonly ToldEvent[]): void;
  /** Durable when it resolves. */
  flush(): Promise<void>;
  /** With its last events. Durable when it resolves; nothing can be added afterwards. */
  finish(response: Response, last: readonly ToldEvent[]): Promise<void>;
  /** The same, when it can be written: now, or once the store has healed. Never rejects. */
  finishSometime(response: Response, last: readonly ToldEvent[]): Promise<void>;
  /** For the run: its turns are kept here. */
  readonly journal: RunJournal;
}

interface RecordParts {
  readonly store: Pick<ResponseStore, "create" | "append" | "finish">;
  readonly subject: Subject;
  /** All that the conversation has given: they stay when its turns are replaced. */
  readonly instructions: readonly Instructions[];
  /** Events wait so long for others to be written with. */
  readonly delayMs: number;
  /** The response was deleted, or ended by another, while it was made. */
  readonly onGone: () => void;
}

/** Milliseconds between tries: an hour in all. Later a restart finds it unfinished. */
const patience = [1_000, 5_000, ...Array<number>(120).fill(30_000)];

export function createRecord({ store, subject, instructions, delayMs, onGone }: RecordParts): ResponseRecord {
  const { id } = subject;
  let events: string[] = [];
  let turns: ChainEntry[] = [];
  let context: readonly ChainEntry[] | undefined;
  let started: "in_progress" | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** Writes follow each other. */
  let writing: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(write: () => Promise<T>): Promise<T> => {
    const next = writing.then(write);
    writing = next.catch(() => {});
    return next;
  };
  const flush = (): Promise<void> =>
    inTurn(async () => {
      clearTimeout(timer);
      timer = undefined;
      const growth = { events, turns, context, status: started };
      if (events.length + turns.length === 0 && context === undefined && started === undefined) return;
      events = [];
      turns = [];
      context = undefined;
      started = undefined;
      try {
        if (!(await store.append(id, growth))) onGone();
      } catch (error) {
        // The next write has to bring them too.
        events = [...growth.events, ...events];
        turns = context === undefined ? [...growth.turns, ...turns] : turns;
        context ??= growth.context;
        started ??= growth.status;
        throw error;
      }
    });

  const finish: ResponseRecord["finish"] = (response, last) =>
    inTurn(async () => {
      clearTimeout(timer);
      const { status } = response;
      if (status === "queued" || status === "in_progress") throw new Error("a response ends with its run");
      const all = [...events, ...last.map(encode)];
      await store.finish(id, { status, response: JSON.stringify(response), events: all, turns, context });
    });

  return {
    said: (added) => void turns.push(...added),
    async begin(response) {
      const status = response.status === "queued" ? "queued" : "in_progress";
      await store.create({ ...subject, status, response: JSON.stringify(response), turns });
      turns = [];
    },
    start() {
      started = "in_progress";
      return flush();
    },
    add(told) {
      if (told.length === 0) return;
      for (const event of told) events.push(encode(event));
      // A write that fails leaves its share to the next one, whose caller is told.
      timer ??= setTimeout(() => void flush().catch(() => {}), delayMs);
    },
    flush,
    finish,
    async finishSometime(response, last) {
      for (const wait of [0, ...patience]) {
        await pause(wait, undefined, { ref: false });
        const done = await finish(response, last).then(
          () => true,
          () => false,
        );
        if (done) return;
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
