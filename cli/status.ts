/** `openclaw status`: the running gateway, and what is at work in it. */
import { packageVersion } from "../server/package.ts";
import { toJson } from "./common-options.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone } from "./exit-codes.ts";
import { tableLines } from "./table.ts";
import { gatewayHelp, throughSocket } from "./through-gateway.ts";

export const status = defineCommand({
  name: "status",
  summary: "show the running gateway and what is at work in it",
  words: [],
  options: { ...toJson },
  more: gatewayHelp,
  example: "openclaw status --json",
  run: ({ options: { json } }, io) =>
    throughSocket(io, { json }, async (socket, { url, secretSource }) => {
      const now = await socket.call("status");
      const { sessions } = await socket.call("health");
      if (json) {
        io.out(
          JSON.stringify({ ...now, url, commandLine: packageVersion, sessions: sessions.count }, null, 2),
        );
        return exitDone;
      }
      const rows = [
        ["Gateway", `${url}${now.stopping ? ", stopping" : ""}`],
        [
          "Version",
          `${now.version}${now.version === packageVersion ? "" : `; this command line ${packageVersion}`}`,
        ],
        ["Running for", duration(now.uptimeMs)],
        ["Credential", secretSource],
        ["Runs", String(now.runs)],
        ["Connections", String(now.connections)],
        ["Agents", now.agents.map((id) => (id === now.defaultAgentId ? `${id} (default)` : id)).join(", ")],
        ["Sessions", String(sessions.count)],
      ];
      for (const line of tableLines(rows)) io.out(line);
      return exitDone;
    }),
});

function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.floor(ms / 1_000)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 1 ? `${minutes} min` : `${hours} h ${minutes % 60} min`;
}
