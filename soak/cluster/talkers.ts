/** Callers that talk to the sessions of a cluster, read their histories meanwhile, and record each operation. */
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { findViolations, type Operation } from "../history.ts";
import { createAnswer, createQuestion } from "../question.ts";
import { fetchHistory, readMessageText, say, type Message } from "../talk.ts";
import type { Cluster } from "./cluster.ts";

export interface TalkReport {
  readonly acknowledged: number;
  /** Turns that failed or were cut: they may be stored or not. */
  readonly unacknowledged: number;
  readonly reads: number;
  readonly faults: readonly string[];
}

export interface TakenOverReport extends TalkReport {
  /** What the run of the node that was away got, each time. */
  readonly lateAnswers: readonly string[];
  readonly interruptions: number;
}

export interface Talkers {
  /** Ends the talks, and compares what is stored with what was acknowledged. */
  finish(): Promise<TalkReport>;
  countAcknowledged(): number;
}

interface TalkOptions {
  readonly sessions: number;
  /** Callers of each session. Each asks the next question when it has an answer. */
  readonly callersOfASession?: number;
}

const answerOf = (name: string): string => `${name} answered`;

/** Every fifth operation is a read of the session from any node. */
const readEvery = 5;
const retryMs = 100;

export function startTalkers(cluster: Cluster, { sessions, callersOfASession = 2 }: TalkOptions): Talkers {
  const { url, nodes } = cluster;
  const ended = new AbortController();
  const histories = Array.from({ length: sessions }, (_, index) => ({
    session: `t${index}`,
    operations: [] as Operation[],
    turns: 0,
  }));
  type SessionHistory = (typeof histories)[number];
  const count = { acknowledged: 0, unacknowledged: 0, reads: 0 };
  const faults: string[] = [];

  const ask = async (history: SessionHistory): Promise<void> => {
    const { session, operations } = history;
    const number = (history.turns += 1);
    const name = `${session}/${number}`;
    const invokedAt = performance.now();
    const text = createQuestion(name, { wait: Math.round(Math.random() * 20) });
    const reply = await say(url, { session, text, stream: number % 2 === 1 }).catch(() => undefined);
    const isAnswered = reply?.status === 200 && reply.isComplete;
    if (isAnswered && reply.text !== createAnswer(name)) faults.push(`${name} was answered ${reply.text}`);
    const outcome = isAnswered ? "ok" : "unknown";
    count[isAnswered ? "acknowledged" : "unacknowledged"] += 1;
    // A turn appends twice.
    for (const append of [name, answerOf(name)])
      operations.push({ invokedAt, returnedAt: performance.now(), outcome, action: { append } });
    if (!isAnswered) await sleep(retryMs);
  };
  const read = async ({ session, operations }: SessionHistory, from: string): Promise<boolean> => {
    const invokedAt = performance.now();
    const messages = await fetchHistory(from, session).catch(() => undefined);
    if (messages === undefined) return false;
    const action = { read: toValues(messages) };
    operations.push({ invokedAt, returnedAt: performance.now(), outcome: "ok", action });
    count.reads += 1;
    return true;
  };
  const talk = async (history: SessionHistory): Promise<void> => {
    for (let operation = 1; !ended.signal.aborted; operation += 1) {
      if (operation % readEvery === 0)
        await read(history, nodes[Math.floor(Math.random() * nodes.length)]?.url ?? url);
      await ask(history);
    }
  };
  const talks = histories.flatMap((history) =>
    Array.from({ length: callersOfASession }, () => talk(history)),
  );

  return {
    countAcknowledged: () => count.acknowledged,
    async finish() {
      ended.abort();
      await Promise.all(talks);
      for (const history of histories) {
        while (!(await read(history, url))) await sleep(retryMs);
        const values =
          history.operations.flatMap(({ action }) => ("read" in action ? [action.read] : [])).at(-1) ?? [];
        faults.push(
          ...findViolations(history.operations).map((fault) => `${history.session}: ${fault}`),
          ...findMixedTurns(values).map((fault) => `${history.session}: ${fault}`),
        );
      }
      return { ...count, faults: [...faults, ...(await findRepeatedInterruptions(cluster))] };
    },
  };
}

/** The values that the turns of a history have appended. */
function toValues(messages: readonly Message[]): readonly string[] {
  return messages.map((message) => {
    const text = readMessageText(message);
    if (message.role === "user") return text.split(" ")[0] ?? "";
    return answerOf(/^The answer to (.*)\.$/.exec(text)?.[1] ?? text);
  });
}

/** An answer stands directly behind its question. */
function findMixedTurns(values: readonly string[]): readonly string[] {
  return values.flatMap((value, position) => {
    const isAnswer = value.endsWith(answerOf(""));
    const question = values[position - 1] ?? "";
    return isAnswer && value !== answerOf(question) ? [`${value} behind ${question}`] : [];
  });
}

/** Runs that were marked as interrupted more than once: every run begins with the entry of a question. */
async function findRepeatedInterruptions({ database }: Cluster): Promise<readonly string[]> {
  const client = new Client(database.url);
  await client.connect();
  const { rows } = await client.query<{ readonly session: string; readonly seq: number }>(
    `select session_id as session, seq from (
       select session_id, seq, kind, lag(kind) over (partition by session_id order by seq) as previous from openclaw.entries
     ) as entry where kind = 'interrupted' and previous = 'interrupted'`,
  );
  await client.end();
  return rows.map(({ session, seq }) => `${session} was interrupted twice, at ${seq}`);
}
