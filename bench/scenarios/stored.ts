/** Replies in stored sessions: many sessions of one turn, and one session of many turns. */
import { randomUUID } from "node:crypto";
import { createUserRequest } from "../requests.ts";
import { requireServer, type BenchContext, type Round } from "../scenario.ts";
import { percentile } from "../statistics.ts";
import { encodeRequest, openConnection } from "../http-connection.ts";
import { readCpuMicroseconds } from "../measure.ts";
import { loadInTurn } from "../windows.ts";
import { createUnstreamedTarget } from "./replies.ts";

/** Each reply has its own session of two entries, since a longer one would measure its length. Alternates with unstored replies. */
export async function measureStored(context: BenchContext): Promise<readonly Round[]> {
  const server = requireServer(context, "gateway");
  const load = randomUUID();
  const targets = {
    ephemeral: createUnstreamedTarget(server),
    stored: { server, createBody: (number: number) => createUserRequest(server.model, `${load} ${number}`) },
  };
  const { windows } = context.effort;
  const alone = await loadInTurn(targets, { connections: 1, windows });
  const together = await loadInTurn(targets, { connections: 32, windows });
  return [
    ...alone.map(({ ephemeral, stored }) => ({
      gateway: { stored1: stored.perSecond, stored1Share: stored.perSecond / ephemeral.perSecond },
    })),
    ...together.map(({ ephemeral, stored }) => ({
      gateway: {
        stored32: stored.perSecond,
        stored32Share: stored.perSecond / ephemeral.perSecond,
        storedCpu: stored.cpuMicroseconds,
        storedCpuRatio: stored.cpuMicroseconds / ephemeral.cpuMicroseconds,
      },
    })),
    // The windows together: the hundredth of one window is a handful of replies.
    {
      gateway: {
        stored32P99: percentile(
          together.flatMap(({ stored }) => stored.latenciesMs),
          0.99,
        ),
      },
    },
  ];
}

/** A turn is a question or an answer. Each measured request adds two of them. */
export async function measureLongSession(context: BenchContext): Promise<readonly Round[]> {
  const server = await context.start("gateway", {
    stateName: "long-session",
    changeConfig: (config) => ({
      ...config,
      // The whole conversation goes to the model; it is never compacted.
      agents: { defaults: { ...config.agents?.defaults, contextTokens: 1_000_000 } },
    }),
  });
  const connection = await openConnection(server.url);
  const request = encodeRequest(server, createUserRequest(server.model, randomUUID()));
  const rounds: Round[] = [];
  for (let turns = 0; turns < context.effort.sessionTurns; turns += 2) await connection.send(request);
  for (let round = 0; round < context.effort.windows; round += 1) {
    const before = readCpuMicroseconds(server.pid);
    const { status, body } = await connection.send(request);
    if (status !== 200) throw new Error(`a turn of the long session answered ${status}: ${body}`);
    rounds.push({ gateway: { longSessionCpu: (readCpuMicroseconds(server.pid) - before) / 1_000 } });
  }
  connection.close();
  await server.stop();
  return rounds;
}
