/** A thousand streams at a time whose chunks come at the pace of a model. */
import { setTimeout as sleep } from "node:timers/promises";
import { encodeRequest, openConnection } from "../http-connection.ts";
import { readCpuMicroseconds } from "../measure.ts";
import { createStreamRequest, type Script } from "../requests.ts";
import type { BenchContext, Round } from "../scenario.ts";
import type { Server, ServerName } from "../servers.ts";
import { percentile } from "../statistics.ts";
import { createChunkReader } from "../stream-check.ts";

const streams = 1_000;
const everyMs = 50;
const timeoutMs = 60_000;

export async function measurePacedStreams({ servers, effort }: BenchContext): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < effort.rounds; round += 1) {
    const values: [ServerName, Round[ServerName]][] = [];
    for (const [name, server] of servers) {
      const before = readCpuMicroseconds(server.pid);
      const { lags, deliveredCount } = await readPacedStreams(
        server,
        { chunks: effort.pacedChunks, everyMs },
        streams,
      );
      const cpu = readCpuMicroseconds(server.pid) - before;
      values.push([
        name,
        {
          pacedDelivered: deliveredCount,
          pacedLagP50: percentile(lags, 0.5),
          pacedLagP99: percentile(lags, 0.99),
          pacedCpu: cpu / lags.length,
        },
      ]);
    }
    rounds.push(Object.fromEntries(values));
  }
  return rounds;
}

/** Reads all streams concurrently. Their starts are spread over one second. */
export async function readPacedStreams(
  server: Server,
  script: Script,
  count: number,
): Promise<{ readonly lags: readonly number[]; readonly deliveredCount: number }> {
  const lags: number[] = [];
  const request = encodeRequest(server, createStreamRequest(server.model, script));
  const readStream = async (_: unknown, index: number): Promise<boolean> => {
    await sleep((index * 1_000) / count);
    const connection = await openConnection(server.url);
    const reader = createChunkReader((sentAt) => {
      lags.push((Number(process.hrtime.bigint()) / 1_000 - sentAt) / 1_000);
    });
    // A stream that is not complete by then counts as not delivered.
    const timeout = setTimeout(() => connection.close(), timeoutMs);
    const isSent = await Promise.race([
      connection.send(request, reader.read).then(() => true),
      sleep(timeoutMs, false, { ref: false }),
    ]).catch(() => false);
    clearTimeout(timeout);
    connection.close();
    return isSent && reader.count() === script.chunks && reader.isEnded();
  };
  const outcomes = await Promise.all(Array.from({ length: count }, readStream));
  return { lags, deliveredCount: outcomes.filter(Boolean).length };
}
