/** `health`, `status`, `system-presence`, `config.get` and `logs.tail`. */
import { createHash } from "node:crypto";
import type { Config } from "../../../contracts/config/config.ts";
import type {
  configGet,
  health,
  logsTail,
  status,
  systemPresence,
} from "../../../contracts/socket/gateway.ts";
import type { AgentsFor } from "../../agent/agents.ts";
import type { RunningRuns } from "../../agent/running-runs.ts";
import type { Clock } from "../../agent/types.ts";
import { shownConfig } from "../../config/shown-config.ts";
import type { LogTail } from "../../log-tail.ts";
import type { MethodHandler } from "../handler.ts";
import type { Hub } from "../hub.ts";
import type { State } from "../state.ts";

interface GatewayMethods {
  readonly health: MethodHandler<typeof health>;
  readonly status: MethodHandler<typeof status>;
  readonly "system-presence": MethodHandler<typeof systemPresence>;
  readonly "config.get": MethodHandler<typeof configGet>;
  readonly "logs.tail": MethodHandler<typeof logsTail>;
}

interface GatewayMethodParts {
  readonly config: Config;
  readonly agentsFor: AgentsFor;
  readonly running: RunningRuns;
  readonly hub: Hub;
  readonly state: State;
  readonly logTail: LogTail;
  readonly stopping: () => boolean;
  readonly version: string;
  readonly startedAt: number;
  readonly clock: Clock;
}

const linesOfATail = 200;
const bytesOfATail = 250_000;

export function createGatewayMethods(parts: GatewayMethodParts): GatewayMethods {
  const { agentsFor, running, hub, state, logTail, stopping, version, startedAt, clock } = parts;
  return {
    health: ({ caller }) => state.healthFor(caller.credential.name),
    status({ caller }) {
      const agents = agentsFor(caller.credential.name);
      return {
        ok: true,
        version,
        ts: clock(),
        uptimeMs: clock() - startedAt,
        stopping: stopping(),
        runs: running.count(),
        connections: hub.connections.size,
        defaultAgentId: agents.default.id,
        agents: [...agents.ids],
      };
    },
    "system-presence": ({ caller }) => [...state.presenceFor(caller.credential.name)],
    "config.get"() {
      const config = shownConfig(parts.config);
      const hash = createHash("sha256").update(JSON.stringify(config)).digest("hex");
      return { valid: true, config, hash, issues: [] };
    },
    "logs.tail"({ params, caller }) {
      const { cursor, limit = linesOfATail, maxBytes = bytesOfATail } = params;
      const { lines, ...rest } = logTail.read(caller.credential.name, { cursor, limit, maxBytes });
      return { ...rest, lines: [...lines] };
    },
  };
}
