/** `openclaw health`: whether the gateway is there, and takes requests. */
import { toJson } from "./common-options.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone, exitFailed } from "./exit-codes.ts";
import { gatewayHelp, throughGateway } from "./through-gateway.ts";

export const health = defineCommand({
  name: "health",
  summary: "say whether the gateway is there and takes requests",
  words: [],
  options: { ...toJson },
  more: gatewayHelp,
  example: "openclaw health && openclaw agent -m hello",
  run: ({ options: { json } }, io) =>
    throughGateway(io, { json }, async (client, { url }) => {
      const { ok, status } = await client.health();
      const { ready } = await client.ready();
      if (json) io.out(JSON.stringify({ ok: ok && ready, url, status, ready }, null, 2));
      else
        io.out(`The gateway at ${url} ${ready ? "takes requests" : "is there, and takes no requests now"}.`);
      return ready ? exitDone : exitFailed;
    }),
});
