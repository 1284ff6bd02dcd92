/** The request of an agent in the middle of its work: 1.1 MB that each gateway parses and writes again. */
import { createAgentRequest } from "../requests.ts";
import { selectServers, type BenchContext, type Round } from "../scenario.ts";
import { loadInTurn } from "../windows.ts";
import { mapValues } from "./replies.ts";

export async function measureAgentBody(context: BenchContext): Promise<readonly Round[]> {
  const servers = selectServers(context, ["pass-through", "floor", "portkey", "llms", "gateway"]);
  const targets = servers.map(([name, server]) => [
    name,
    { server, createBody: createAgentRequest(server.model) },
  ]);
  const windows = await loadInTurn(Object.fromEntries(targets), {
    connections: 1,
    windows: context.effort.windows,
  });
  return windows.map((window) =>
    mapValues(window, ({ cpuMicroseconds }) => ({ agentBodyCpu: cpuMicroseconds / 1_000 })),
  );
}
