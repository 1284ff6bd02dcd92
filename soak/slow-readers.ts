/** Readers who never read long streams: what they cost in memory beside readers who do, and whether others are harmed. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { residentMegabytes } from "../bench/measure.ts";
import { post, type Connection } from "./connection.ts";
import { createGateway } from "./gateway.ts";
import { startProvider } from "./provider.ts";
import { question } from "./question.ts";
import { chatBody, say } from "./talk.ts";

export interface SlowReadersReport {
  readonly addedMegabytes: number;
  /** Of a stream that is read meanwhile, and of the same stream before. */
  readonly meanwhileMs: number;
  readonly beforeMs: number;
}

const pieceBytes = 16_384;

export async function slowReaders(
  readers: number,
  megabytes: number,
  seconds: number,
): Promise<SlowReadersReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const { url, pid } = gateway;
  const chunks = Math.round((megabytes * 1_000_000) / pieceBytes);
  const normal = async (name: string): Promise<number> => {
    const startedAt = performance.now();
    const reply = await say(url, { text: question(name, { chunks: 50, every: 10 }), stream: true });
    if (!reply.complete) throw new Error(`a normal reader was harmed: ${reply.status} ${reply.text}`);
    return performance.now() - startedAt;
  };

  const ask = (session: string): readonly Connection[] =>
    Array.from({ length: readers }, (_, index) => {
      const text = question(`${session}/${index}`, { chunks, size: pieceBytes });
      return post(url, "/v1/chat/completions", chatBody({ text, stream: true }));
    });

  // The engine gives such streams more room, whoever reads them: that is no cost of those who do not.
  await Promise.all(ask("read").map(async ({ answer }) => once((await answer).resume(), "end")));
  const beforeMs = await normal("before/0");
  const before = residentMegabytes(pid);
  const slow = ask("slow");
  await Promise.all(slow.map(({ answer }) => answer));
  let most = 0;
  let meanwhileMs = 0;
  const until = performance.now() + seconds * 1_000;
  for (let round = 0; performance.now() < until; round += 1) {
    meanwhileMs = Math.max(meanwhileMs, await normal(`meanwhile/${round}`));
    most = Math.max(most, residentMegabytes(pid));
    await sleep(100);
  }
  for (const { leave } of slow) leave();
  return { addedMegabytes: most - before, meanwhileMs, beforeMs };
}
