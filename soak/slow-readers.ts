/** Opens long streams that are never read: measures the memory that they cost, and the delay of a reader beside them. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { readResidentMegabytes } from "../bench/measure.ts";
import { post, type Connection } from "./connection.ts";
import { createGateway } from "./gateway.ts";
import { microseconds, startProvider } from "./provider.ts";
import { createQuestion } from "./question.ts";
import { createChatBody, say } from "./talk.ts";

export interface SlowReadersReport {
  readonly addedMegabytes: number;
  /** Seconds until each stream was cut, from the time that all had begun. */
  readonly cutSeconds: readonly number[];
  /** Milliseconds of a stream that is read meanwhile, and of the same stream before. */
  readonly meanwhileMs: number;
  readonly beforeMs: number;
}

const pieceBytes = 16_384;

export async function runSlowReaders(
  readers: number,
  megabytes: number,
  seconds: number,
): Promise<SlowReadersReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const { url, pid } = gateway;
  const chunks = Math.round((megabytes * 1_000_000) / pieceBytes);
  const measureNormalReader = async (name: string): Promise<number> => {
    const startedAt = performance.now();
    const reply = await say(url, { text: createQuestion(name, { chunks: 50, every: 10 }), stream: true });
    if (!reply.isComplete) throw new Error(`a normal reader was harmed: ${reply.status} ${reply.text}`);
    return performance.now() - startedAt;
  };

  const startStreams = (session: string): readonly Connection[] =>
    Array.from({ length: readers }, (_, index) => {
      const text = createQuestion(`${session}/${index}`, { chunks, size: pieceBytes });
      return post(url, "/v1/chat/completions", createChatBody({ text, stream: true }));
    });

  // Reading such streams grows the heap too. Measure that first: it is not a cost of slow readers.
  await Promise.all(startStreams("read").map(async ({ response }) => once((await response).resume(), "end")));
  const beforeMs = await measureNormalReader("before/0");
  const before = readResidentMegabytes(pid);
  const slowReaderConnections = startStreams("slow");
  await Promise.all(slowReaderConnections.map(({ response }) => response));
  const startedAt = microseconds();
  let peakMegabytes = 0;
  let meanwhileMs = 0;
  const endsAt = performance.now() + seconds * 1_000;
  for (let round = 0; performance.now() < endsAt; round += 1) {
    meanwhileMs = Math.max(meanwhileMs, await measureNormalReader(`meanwhile/${round}`));
    peakMegabytes = Math.max(peakMegabytes, readResidentMegabytes(pid));
    await sleep(100);
  }
  // A client that does not read does not see the cut. The gateway closes the call of the provider with it.
  const cutSeconds = (await provider.calls("slow")).flatMap(({ closedAt }) =>
    closedAt === undefined ? [] : [(closedAt - startedAt) / 1_000_000],
  );
  for (const { close } of slowReaderConnections) close();
  return { addedMegabytes: peakMegabytes - before, cutSeconds, meanwhileMs, beforeMs };
}
