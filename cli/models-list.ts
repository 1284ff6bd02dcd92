/** `openclaw models list`: lists the language models that callers may select. */
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { listKnownProviders } from "./known-providers.ts";
import { formatListing } from "./table.ts";
import { gatewayHelp, withSocket } from "./with-gateway.ts";

export const modelsList = defineCommand({
  name: "models list",
  summary: "list the language models that the agents use or that callers may select",
  positionals: [],
  options: {
    agent: { value: "ID", description: "only models of this agent" },
    all: { description: "the known providers instead, with the variables of their keys; asks no gateway" },
    ...jsonOption,
  },
  details: gatewayHelp,
  example: "openclaw models list --agent coder",
  run({ options: { agent, all, json } }, io) {
    if (all) return printKnownProviders(io, json);
    return withSocket(io, { json }, async (socket) => {
      const result = await socket.call("models.list", agent === undefined ? {} : { agentId: agent });
      if (json) {
        io.out(JSON.stringify(result, null, 2));
        return exitOk;
      }
      const rows = result.models.map(({ id, contextWindow }) => [id, contextWindow?.toString() ?? "unknown"]);
      for (const line of formatListing(["MODEL", "CONTEXT (TOKENS)"], rows, io.terminal?.columns))
        io.out(line);
      return exitOk;
    });
  },
});

async function printKnownProviders(io: Io, json: boolean): Promise<number> {
  const providers = await listKnownProviders(io);
  if (json) {
    io.out(JSON.stringify({ providers }, null, 2));
    return exitOk;
  }
  const rows = providers.map(({ id, key, env, baseUrl, example }) => [
    id,
    key === "missing" ? `set ${env ?? ""}` : key,
    example ?? "",
    baseUrl ?? "set baseUrl",
  ]);
  for (const line of formatListing(
    ["PROVIDER", "KEY", "FOR INSTANCE", "ADDRESS"],
    rows,
    io.terminal?.columns,
  ))
    io.out(line);
  return exitOk;
}
