/** `openclaw gateway auth-token`: where the shared secret of this machine's gateway is, or the secret itself. */
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { findGateway } from "./find-gateway.ts";

export const gatewayAuthToken = defineCommand({
  name: "gateway auth-token",
  summary: "say where the shared secret of the gateway is, or print it",
  positionals: [],
  options: { show: { description: "print the secret itself" }, ...jsonOption },
  details: `The secret permits everything. \`openclaw keys create\` makes credentials that may do less.
Exit codes: 0 done, 1 no gateway runs here, 2 wrong usage.`,
  example:
    'curl -H "Authorization: Bearer $(openclaw gateway auth-token --show)" http://127.0.0.1:18789/v1/models',
  async run({ options: { show, json } }, io) {
    const { url, secret, secretSource } = await findGateway(io);
    if (json) {
      const fields = { url, required: secret !== undefined, source: secretSource };
      io.out(JSON.stringify({ ok: true, ...fields, ...(show && { token: secret ?? null }) }, null, 2));
    } else if (secret === undefined) io.out(`The gateway at ${url} requires no credential.`);
    else
      io.out(show ? secret : `The secret of the gateway at ${url} is in ${secretSource}. --show prints it.`);
    return exitOk;
  },
});
