/** `openclaw health`: whether the gateway is there, and takes requests. */
import { toJson } from "./common-options.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone, exitFailed } from "./exit-codes.ts";
import { throughGateway } from "./through-gateway.ts";

const patienceMs = 5_000;

export const health = defineCommand({
  name: "health",
  summary: "say whether the gateway is there and takes requests",
  words: [],
  options: { ...toJson },
  more: `It asks the gateway of this machine, or the one in OPENCLAW_GATEWAY_URL; it needs no credential.
Exit codes: 0 it takes requests, 1 it takes none or does not answer, 2 wrong usage.`,
  example: "openclaw health && openclaw agent -m hello",
  run: ({ options: { json } }, io) =>
    throughGateway(io, { json }, async (client, { url }) => {
      const signal = AbortSignal.timeout(patienceMs);
      const asked = Promise.all([client.health({ signal }), client.ready({ signal })]);
      const [{ ok, status }, { ready }] = await asked.catch((error: unknown) => {
        if (!signal.aborted) throw error;
        throw new Error(`What listens at ${url} does not answer within ${patienceMs / 1000} s.`);
      });
      if (json) io.out(JSON.stringify({ ok: ok && ready, url, status, ready }, null, 2));
      else
        io.out(`The gateway at ${url} ${ready ? "takes requests" : "is there, and takes no requests now"}.`);
      return ready ? exitDone : exitFailed;
    }),
});
