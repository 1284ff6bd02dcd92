/** Replaces the nodes one after the other while streams run through HAProxy: no request fails. */
import { setTimeout as sleep } from "node:timers/promises";
import { createQuestion } from "../question.ts";
import { say } from "../talk.ts";
import { startCluster } from "./cluster.ts";

export interface RollingRestartReport {
  readonly restarts: number;
  readonly streams: number;
  readonly faults: readonly string[];
}

export async function runRollingRestart(callers: number, rounds: number): Promise<RollingRestartReport> {
  await using cluster = await startCluster();
  const { url, nodes } = cluster;
  const ended = new AbortController();
  const faults: string[] = [];
  let streams = 0;
  const stream = async (caller: number): Promise<void> => {
    for (let number = 0; !ended.signal.aborted; number += 1) {
      const text = createQuestion(`r${caller}/${number}`, { chunks: 20, every: 100 });
      const reply = await say(url, { text, stream: true }).catch((error: unknown) => ({
        status: 0,
        text: String((error as Error).cause ?? error),
        isComplete: false,
      }));
      streams += 1;
      if (!reply.isComplete) faults.push(`${reply.status} ${reply.text.slice(0, 100)}`);
    }
  };
  const callersDone = Promise.all(Array.from({ length: callers }, (_, caller) => stream(caller)));
  await sleep(2_000);
  for (let round = 0; round < rounds; round += 1) {
    for (const node of nodes) {
      await node.end("SIGTERM");
      await node.start();
      // HAProxy has seen that it is ready.
      await sleep(2_000);
    }
  }
  ended.abort();
  await callersDone;
  return { restarts: rounds * nodes.length, streams, faults };
}
