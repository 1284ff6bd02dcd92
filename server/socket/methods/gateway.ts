/** `health`, `status`, `system-presence` and `logs.tail`. */
import type { health, logsTail, status, systemPresence } from "../../../contracts/socket/gateway.ts";
import type { ResultOf } from "../../../contracts/socket/method.ts";
import type { GetAgents } from "../../agent/agents.ts";
import type { Agent } from "../../agent/types.ts";
import type { Store } from "../../agent/sessions/sql-store.ts";
import type { NodeStatus } from "../../agent/sessions/transactions.ts";
import type { Clock } from "../../lib/ports.ts";
import type { Workers } from "../../lib/workers.ts";
import { toVisibleStatus, type FileStatus } from "../../transport/config-status.ts";
import { readLoad } from "../../transport/worker-load.ts";
import type { LogTail } from "../log-tail.ts";
import type { MethodHandler } from "../handler.ts";
import type { GatewayState } from "../gateway-state.ts";

interface GatewayMethods {
  readonly health: MethodHandler<typeof health>;
  readonly status: MethodHandler<typeof status>;
  readonly "system-presence": MethodHandler<typeof systemPresence>;
  readonly "logs.tail": MethodHandler<typeof logsTail>;
}

interface GatewayMethodDeps {
  readonly getConfigStatus: () => FileStatus;
  readonly getAgents: GetAgents;
  readonly state: GatewayState;
  readonly logTail: LogTail;
  readonly isStopping: () => boolean;
  readonly version: string;
  readonly startedAt: number;
  readonly workers: Workers;
  readonly nodes: Store["nodes"];
  readonly clock: Clock;
}

type NodeStatusReply = NonNullable<ResultOf<typeof status>["nodes"]>[number];

const defaultLines = 200;
const defaultBytes = 250_000;

export function createGatewayMethods(deps: GatewayMethodDeps): GatewayMethods {
  const { getAgents, workers, state, logTail, isStopping } = deps;
  const { version, startedAt, nodes, clock } = deps;
  const toNodeStatus = ({ isDraining, ...node }: NodeStatus): NodeStatusReply => ({
    ...node,
    draining: isDraining,
    self: node.id === nodes.self.id,
  });
  return {
    health: ({ caller }) => state.getHealth(caller.credential.name),
    async status({ params: { allNodes = false }, caller }) {
      const agents = getAgents(caller.credential.name);
      const { runs, connections, unhandledRejections, providers } = await readLoad(workers);
      const { agents: health, sessions } = await state.getHealth(caller.credential.name);
      return {
        ok: true,
        version,
        runtimeVersion: version,
        node: { id: nodes.self.id, name: nodes.self.name },
        ...(allNodes && { nodes: (await nodes.listAll()).map(toNodeStatus) }),
        ts: clock(),
        uptimeMs: clock() - startedAt,
        stopping: isStopping(),
        runs,
        connections,
        defaultAgentId: agents.default.id,
        agents: [...agents.ids],
        unhandledRejections,
        providers: [...providers],
        config: toVisibleStatus(deps.getConfigStatus(), caller.scopes),
        sessions: {
          count: sessions.count,
          recent: sessions.recent,
          paths: [sessions.path],
          defaults: describeDefaults(agents.default),
          byAgent: health.map(({ agentId, sessions: ofAgent }) => ({ agentId, ...ofAgent })),
        },
        channelSummary: [],
      };
    },
    "system-presence": ({ caller }) => [...state.getPresence(caller.credential.name)],
    "logs.tail"({ params, caller }) {
      const { cursor, limit = defaultLines, maxBytes = defaultBytes } = params;
      const { lines, ...rest } = logTail.read(caller.credential.name, { cursor, limit, maxBytes });
      return { ...rest, lines: [...lines] };
    },
  };
}

function describeDefaults({ models: [model] }: Agent): {
  model: string | null;
  contextTokens: number | null;
} {
  return { model: model?.ref ?? null, contextTokens: model?.contextWindow ?? null };
}
