/**
 * Messages between nodes by LISTEN and NOTIFY. Messages of the same time are one notification, because every
 * notification takes a lock of the whole database when it commits.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { sql, type Kysely } from "kysely";
import { Client, type Notification } from "pg";
import { describeError } from "../../../lib/errors.ts";
import type { NodeBus } from "../../../lib/node-bus.ts";
import type { Log } from "../../../lib/ports.ts";
import type { Tables } from "../schema.ts";

export interface BusOptions {
  readonly db: Kysely<Tables>;
  /** Address of the server itself: a pooler that shares connections cannot listen. */
  readonly listenUrl: string;
  readonly channel: string;
  readonly node: string;
  /** Number of other nodes. While it is 0, nothing is sent. */
  readonly countOthers: () => number;
  readonly log: Log | undefined;
}

export interface OpenedBus extends NodeBus {
  /** Calls the listeners of gaps here and on the other nodes. */
  reportGap(): void;
  close(): Promise<void>;
}

type Message =
  | readonly ["tell", topic: string, data: unknown]
  | readonly ["ask", topic: string, data: unknown, id: string]
  | readonly ["reply", id: string, data: unknown];

/** PostgreSQL takes less than 8 000 bytes. */
const maxPayloadBytes = 7_900;
/** The least time between two statements. The messages of this time are sent together. */
const sendIntervalMs = 10;
const answerTimeMs = 1_000;
const gapTopic = "gap";
const pollMs = 2_000;
const reconnectDelayMs = 250;
/** A connection that does not answer in this time is replaced. */
const pingMs = 5_000;

export async function openBus(options: BusOptions): Promise<OpenedBus> {
  const { db, channel, node, countOthers, log } = options;
  const listeners = new Map<string, Set<(data: unknown) => void>>();
  const repliers = new Map<string, Set<(data: unknown) => unknown>>();
  const questions = new Map<string, (data: unknown) => void>();
  const gapListeners = new Set<() => void>();
  const closing = new AbortController();
  let outbox: string[] = [];
  let sending: Promise<void> | undefined;
  let questionCount = 0;
  /** By the clock of `performance`. */
  let nextSendAt = 0;

  const send = (message: Message): void => {
    outbox.push(JSON.stringify(message));
    sending ??= sendAll().finally(() => (sending = undefined));
  };
  async function sendAll(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (outbox.length > 0) {
      const waitMs = nextSendAt - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const { payload, rest } = packMessages(node, outbox);
      outbox = rest;
      nextSendAt = rest.length > 0 ? 0 : performance.now() + sendIntervalMs;
      try {
        await sql`select pg_notify(${channel}, ${payload})`.execute(db);
      } catch (error) {
        log?.debug("a message to other nodes was lost", { cause: describeError(error) });
      }
    }
  }

  const answerQuestion = async (topic: string, data: unknown, id: string): Promise<void> => {
    const answers = await Promise.all([...(repliers.get(topic) ?? [])].map((reply) => reply(data)));
    send(["reply", id, answers.filter((answer) => answer !== undefined)]);
  };
  const receive = ({ payload = "" }: Notification): void => {
    const [sender, ...messages] = JSON.parse(payload) as [string, ...Message[]];
    if (sender === node) return;
    for (const message of messages) {
      if (message[0] === "reply") questions.get(message[1])?.(message[2]);
      else if (message[0] === "tell")
        for (const listener of listeners.get(message[1]) ?? []) listener(message[2]);
      else {
        void answerQuestion(message[1], message[2], message[3]);
      }
    }
  };

  const callGapListeners = (): void => {
    for (const listener of gapListeners) listener();
  };
  const poll = setInterval(callGapListeners, pollMs).unref();
  addTo(listeners, gapTopic, callGapListeners);

  const connect = async (): Promise<Client> => {
    const client = new Client({
      connectionString: options.listenUrl,
      keepAlive: true,
      connectionTimeoutMillis: pingMs,
      query_timeout: pingMs,
      application_name: "openclaw listener",
    });
    client.on("error", () => {});
    client.on("notification", receive);
    try {
      await client.connect();
      await client.query(`listen ${client.escapeIdentifier(channel)}`);
      return client;
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
  };
  /** Resolves when the connection has ended. */
  const watch = async (client: Client): Promise<void> => {
    const ended = new Promise<false>((resolve) => client.once("end", () => resolve(false)));
    const ping = async (): Promise<boolean> => {
      await sleep(pingMs, undefined, { signal: closing.signal, ref: false });
      await client.query("select 1");
      return true;
    };
    while (await Promise.race([ended, ping().catch(() => false)]));
    await client.end().catch(() => {});
  };
  const listen = async (first: Client): Promise<void> => {
    let client: Client | undefined = first;
    while (!closing.signal.aborted) {
      if (client !== undefined) await watch(client);
      if (closing.signal.aborted) return;
      client = await connect().catch(() => undefined);
      if (client === undefined) await sleep(reconnectDelayMs, undefined, { ref: false });
      else callGapListeners();
    }
    await client?.end().catch(() => {});
  };
  const listening = listen(await connect());

  return {
    publish(topic, data) {
      if (countOthers() > 0) send(["tell", topic, data]);
    },
    subscribe: (topic, listener) => addTo(listeners, topic, listener),
    answer: (topic, reply) => addTo(repliers, topic, reply),
    onGap(listener) {
      gapListeners.add(listener);
      return () => void gapListeners.delete(listener);
    },
    async ask(topic, data) {
      const expected = countOthers();
      if (expected === 0) return [];
      const id = `${node} ${(questionCount += 1)}`;
      const answers: unknown[] = [];
      let replyCount = 0;
      const timer = new AbortController();
      const complete = new Promise<void>((resolve) => {
        questions.set(id, (reply) => {
          answers.push(...(reply as readonly unknown[]));
          if ((replyCount += 1) >= expected) resolve();
        });
      });
      send(["ask", topic, data, id]);
      await Promise.race([
        complete,
        sleep(answerTimeMs, undefined, { signal: timer.signal }).catch(() => {}),
      ]);
      timer.abort();
      questions.delete(id);
      return answers;
    },
    reportGap() {
      callGapListeners();
      if (countOthers() > 0) send(["tell", gapTopic, null]);
    },
    async close() {
      clearInterval(poll);
      closing.abort();
      await sending;
      await listening;
    },
  };
}

function addTo<T>(map: Map<string, Set<T>>, key: string, value: T): () => void {
  const values = map.get(key) ?? new Set();
  map.set(key, values.add(value));
  return () => void values.delete(value);
}

/** Equal messages leave once. One that is too long alone is dropped. */
function packMessages(
  node: string,
  messages: readonly string[],
): { readonly payload: string; readonly rest: string[] } {
  const packed = new Set<string>();
  let bytes = Buffer.byteLength(JSON.stringify(node)) + 2;
  let count = 0;
  for (const message of messages) {
    const size = packed.has(message) ? 0 : Buffer.byteLength(message) + 1;
    const isTooLong = size > maxPayloadBytes - 200;
    if (!isTooLong && bytes + size > maxPayloadBytes) break;
    if (!isTooLong) packed.add(message);
    if (!isTooLong) bytes += size;
    count += 1;
  }
  return { payload: `[${[JSON.stringify(node), ...packed].join(",")}]`, rest: messages.slice(count) };
}
