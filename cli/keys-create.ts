/** `openclaw keys create`: a credential with less power than the gateway's own; its secret is printed this once. */
import type { Io } from "./io.ts";
import { toJson } from "./common-options.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone } from "./exit-codes.ts";
import { keyFacts } from "./key-facts.ts";
import { gatewayHelp, throughSocket } from "./through-gateway.ts";

export const keysCreate = defineCommand({
  name: "keys create",
  summary: "make a key for a program or a person; prints its secret, this once",
  words: ["NAME"],
  options: {
    scopes: {
      value: "LIST",
      choices: ["operator.read", "operator.write", "operator.admin", "run", "tools"],
      several: true,
      says: "what it may do, with commas between (else operator.write)",
    },
    agents: { value: "LIST", several: true, says: "ids of the agents that it may use (else all)" },
    expires: { value: "TIME", says: "how long it lasts, such as 30d or 12h (else until it is revoked)" },
    rpm: { value: "N", min: 1, max: 10_000, says: "requests that it may make a minute (else any number)" },
    ...toJson,
  },
  more: `Scopes: run is for agents alone, tools for single tools alone, operator.read looks at everything of
its own, operator.write does all of that and changes sessions, operator.admin keeps the gateway too.
What is begun with a key belongs to its name: a new key of the same name goes on with it.

${gatewayHelp}`,
  example: "openclaw keys create newsletter --scopes run --agents coder --expires 30d --rpm 60",
  run: ({ options: { scopes, agents, expires, rpm, json }, words: [name] }, io) =>
    throughSocket(io, { json }, async (socket, { url }) => {
      const made = await socket.call("keys.create", {
        name,
        ...(scopes !== undefined && { scopes: [...scopes] }),
        ...(agents !== undefined && { agents: [...agents] }),
        ...(expires !== undefined && { expires }),
        ...(rpm !== undefined && { requestsPerMinute: rpm }),
      });
      if (json) io.out(JSON.stringify(made, null, 2));
      else {
        io.out(made.secret);
        tellHow(made.key, url, io);
      }
      if (socket.hello.snapshot.authMode === "none") {
        io.err(
          "Warning: this gateway asks nobody for a credential: everybody may do everything, key or not.",
        );
      }
      return exitDone;
    }),
});

function tellHow(key: Parameters<typeof keyFacts>[0], url: string, io: Io): void {
  const { scopes, agents, expires, rate } = keyFacts(key);
  io.err(`This is the secret of the key "${key.name}". It is not shown again.`);
  io.err(`It may: ${scopes}; agents: ${agents}; expires: ${expires}; requests a minute: ${rate}.`);
  io.err(`As the API key of a client of OpenAI's, with the base URL ${url}/v1; or as`);
  io.err("`Authorization: Bearer <secret>`; or as OPENCLAW_GATEWAY_TOKEN beside OPENCLAW_GATEWAY_URL.");
  io.err(`\`openclaw keys revoke ${key.name}\` ends it.`);
}
