/** `openclaw status`: shows the running gateway and its current load. */
import type { SocketMethods } from "../clients/typescript/src/index.ts";
import { packageVersion } from "../server/lib/package.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { formatTime } from "./format-time.ts";
import { formatListing, formatProperties } from "./table.ts";
import { gatewayHelp, withSocket } from "./with-gateway.ts";

type ConfigStatus = SocketMethods["status"]["result"]["config"];
type NodeStatus = NonNullable<SocketMethods["status"]["result"]["nodes"]>[number];
type ProviderStatus = SocketMethods["status"]["result"]["providers"][number];

export const status = defineCommand({
  name: "status",
  summary: "show the running gateway and its current load",
  positionals: [],
  options: {
    "all-nodes": { description: "list all nodes that share the store" },
    ...jsonOption,
  },
  details: gatewayHelp,
  example: "openclaw status --json",
  run: ({ options: { json, "all-nodes": allNodes } }, io) =>
    withSocket(io, { json }, async (socket, { url, secretSource }) => {
      const gatewayStatus = await socket.call("status", { allNodes });
      if (json) {
        io.out(JSON.stringify({ ...gatewayStatus, url, commandLine: packageVersion }, null, 2));
        return exitOk;
      }
      const { unhandledRejections, sessions, nodes } = gatewayStatus;
      if (nodes !== undefined) {
        const rows = nodes.map((node) => formatNode(node, gatewayStatus.ts));
        for (const line of formatListing(nodeHead, rows, io.terminal?.columns)) io.out(line);
        return exitOk;
      }
      const rows = [
        ["Gateway", `${url}${gatewayStatus.stopping ? ", stopping" : ""}`],
        [
          "Version",
          `${gatewayStatus.version}${gatewayStatus.version === packageVersion ? "" : `; this command line ${packageVersion}`}`,
        ],
        ["Node", gatewayStatus.node.name],
        ["Running for", formatDuration(gatewayStatus.uptimeMs)],
        ["Credential", secretSource],
        ["Runs", String(gatewayStatus.runs)],
        ["Connections", String(gatewayStatus.connections)],
        [
          "Agents",
          gatewayStatus.agents
            .map((id) => (id === gatewayStatus.defaultAgentId ? `${id} (default)` : id))
            .join(", "),
        ],
        ["Sessions", String(sessions.count)],
        ...gatewayStatus.providers.map((provider) => [
          `Provider ${provider.provider}`,
          formatProvider(provider),
        ]),
        ...formatConfig(gatewayStatus.config).map((text) => ["Configuration", text]),
        ...(unhandledRejections > 0
          ? [["Errors", `${unhandledRejections} unhandled rejections; see the log`]]
          : []),
      ];
      for (const line of formatProperties(rows, io.terminal?.columns)) io.out(line);
      return exitOk;
    }),
});

const nodeHead = ["NODE", "VERSION", "RUNNING FOR", "RUNS", "LAST HEARTBEAT", "STATE"];

/** `now` is the clock of the node that has answered. The heartbeats are by that of the database. */
function formatNode(node: NodeStatus, now: number): readonly string[] {
  return [
    node.name,
    node.version,
    formatDuration(Math.max(0, now - node.startedAt)),
    String(node.runs),
    formatTime(node.lastHeartbeatAt),
    `${node.draining ? "draining" : "running"}${node.self ? ", answers" : ""}`,
  ];
}

function formatProvider({ lastSuccessAt, lastFailure, coolingDownUntil }: ProviderStatus): string {
  const parts = [
    ...(lastSuccessAt === undefined ? [] : [`last success ${formatTime(lastSuccessAt)}`]),
    ...(lastFailure === undefined
      ? []
      : [`last failure ${formatTime(lastFailure.at)} (${lastFailure.code})`]),
    ...(coolingDownUntil === undefined ? [] : [`put aside until ${formatTime(coolingDownUntil)}`]),
  ];
  return parts.join(", ");
}

/** Empty when the file is applied: only then there is nothing to do. */
function formatConfig({ lastGoodCopyAt, restartRequired, problems = [] }: ConfigStatus): readonly string[] {
  return [
    ...(lastGoodCopyAt === undefined
      ? []
      : [`the last good copy, of ${lastGoodCopyAt}: the file is not valid`]),
    ...problems.map(({ path, message }) => `not applied: ${path === "" ? "" : `${path}: `}${message}`),
    ...(restartRequired.length === 0 ? [] : [`restart to apply ${restartRequired.join(", ")}`]),
  ];
}

function formatDuration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.floor(ms / 1_000)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 1 ? `${minutes} min` : `${hours} h ${minutes % 60} min`;
}
