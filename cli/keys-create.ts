/** `openclaw keys create`: creates a key with limited permissions. Its secret is printed once. */
import type { Io } from "./io.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { formatKey } from "./format-key.ts";
import { gatewayHelp, withSocket } from "./with-gateway.ts";

export const keysCreate = defineCommand({
  name: "keys create",
  summary: "create a key for a program or a person and print its secret once",
  positionals: ["NAME"],
  options: {
    scopes: {
      value: "LIST",
      choices: [
        "operator.read",
        "operator.write",
        "operator.admin",
        "run",
        "tools",
        "metrics",
        "operator.config",
      ],
      multiple: true,
      description: "permissions, separated by commas (default: operator.write)",
    },
    agents: {
      value: "LIST",
      multiple: true,
      description: "ids of the agents it may use, separated by commas (default: all)",
    },
    expires: { value: "TIME", description: "time until it expires, such as 30d or 12h (default: never)" },
    rpm: { value: "N", min: 1, max: 10_000, description: "requests per minute (default: unlimited)" },
    ...jsonOption,
  },
  details: `Scopes: run runs agents only, tools invokes single tools only, operator.read reads the key's own data,
operator.write adds running agents and changing sessions, operator.admin adds managing the gateway.
Sessions and responses belong to the name of the key: a new key of the same name continues them.

${gatewayHelp}`,
  example: "openclaw keys create newsletter --scopes run --agents coder --expires 30d --rpm 60",
  run: ({ options: { scopes, agents, expires, rpm, json }, positionals: [name] }, io) =>
    withSocket(io, { json }, async (socket, { url }) => {
      const result = await socket.call("keys.create", {
        name,
        ...(scopes !== undefined && { scopes: [...scopes] }),
        ...(agents !== undefined && { agents: [...agents] }),
        ...(expires !== undefined && { expires }),
        ...(rpm !== undefined && { requestsPerMinute: rpm }),
      });
      if (json) io.out(JSON.stringify(result, null, 2));
      else {
        io.out(result.secret);
        printInstructions(result.key, url, io);
      }
      if (socket.hello.snapshot.authMode === "none") {
        io.err("Warning: this gateway requires no credential, so the key restricts nobody.");
      }
      return exitOk;
    }),
});

function printInstructions(key: Parameters<typeof formatKey>[0], url: string, io: Io): void {
  const { scopes, agents, expires, requestsPerMinute } = formatKey(key);
  io.err(`This is the secret of the key "${key.name}". It is not shown again.`);
  io.err(
    `Scopes: ${scopes}; agents: ${agents}; expires: ${expires}; requests per minute: ${requestsPerMinute}.`,
  );
  io.err(`Use it as the API key of an OpenAI client with the base URL ${url}/v1,`);
  io.err("as `Authorization: Bearer <secret>`, or as OPENCLAW_GATEWAY_TOKEN with OPENCLAW_GATEWAY_URL.");
  io.err(`Revoke it with \`openclaw keys revoke ${key.name}\`.`);
}
