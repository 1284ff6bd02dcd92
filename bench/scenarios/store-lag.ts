/** How storing turns delays streams: 100 paced streams alone, beside 32 callers, and beside 32 whose turns are stored. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { encodeRequest, openConnection } from "../http-connection.ts";
import { createUnstreamedRequest, createUserRequest } from "../requests.ts";
import { requireServer, type BenchContext, type Round } from "../scenario.ts";
import type { Server } from "../servers.ts";
import { percentile } from "../statistics.ts";
import { readPacedStreams } from "./paced-streams.ts";

const script = { chunks: 100, everyMs: 50 };
const streams = 100;
const callers = 32;
/** Each caller begins a request this often. */
const requestEveryMs = 100;
const turnsPerSession = 20;

export async function measureStoreLag(context: BenchContext): Promise<readonly Round[]> {
  const server = requireServer(context, "gateway");
  const rounds: Round[] = [];
  for (let round = 0; round < context.effort.rounds; round += 1) {
    const load = randomUUID();
    const unstored = createUnstreamedRequest(server.model);
    rounds.push({
      gateway: {
        lagAlone: await measureLag(server, undefined),
        lagBesideCallers: await measureLag(server, () => unstored),
        lagBesideStored: await measureLag(server, (caller, count) =>
          createUserRequest(server.model, `${load} ${caller} ${Math.floor(count / turnsPerSession)}`),
        ),
      },
    });
  }
  return rounds;
}

type CreateBody = (caller: number, count: number) => string;

/** Resolves to the lag p99 of the streams while callers send these requests; without callers when there are none. */
async function measureLag(server: Server, createBody: CreateBody | undefined): Promise<number> {
  const done = new AbortController();
  const call = async (_: unknown, caller: number): Promise<void> => {
    if (createBody === undefined) return;
    const connection = await openConnection(server.url);
    for (let count = 0; !done.signal.aborted; count += 1) {
      const next = sleep(requestEveryMs);
      await connection.send(encodeRequest(server, createBody(caller, count)));
      await next;
    }
    connection.close();
  };
  const calls = Promise.all(Array.from({ length: callers }, call));
  const { lags } = await readPacedStreams(server, script, streams);
  done.abort();
  await calls;
  return percentile(lags, 0.99);
}
