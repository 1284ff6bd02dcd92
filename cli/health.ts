/** `openclaw health`: checks whether the gateway runs and accepts requests. */
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk, exitFailure } from "./exit-codes.ts";
import { withGateway } from "./with-gateway.ts";

const timeoutMs = 5_000;

export const health = defineCommand({
  name: "health",
  summary: "check whether the gateway runs and accepts requests",
  positionals: [],
  options: { ...jsonOption },
  details: `Checks the gateway of this machine, or the one in OPENCLAW_GATEWAY_URL. No credential is needed;
one with operator.read gets the reasons.
Exit codes: 0 accepts requests, 1 accepts none or does not respond, 2 wrong usage.`,
  example: "openclaw health && openclaw agent hello",
  run: ({ options: { json } }, io) =>
    withGateway(io, { json }, async (client, { url }) => {
      const signal = AbortSignal.timeout(timeoutMs);
      const checks = Promise.all([client.health({ signal }), client.ready({ signal })]);
      const [{ ok, status }, { ready, reasons = [] }] = await checks.catch((error: unknown) => {
        if (!signal.aborted) throw error;
        throw new Error(`The server at ${url} does not respond within ${timeoutMs / 1000} s.`);
      });
      if (json) io.out(JSON.stringify({ ok: ok && ready, url, status, ready, reasons }, null, 2));
      else if (ready) io.out(`The gateway at ${url} accepts requests.`);
      else {
        io.out(`The gateway at ${url} is running but accepts no requests now.`);
        for (const { message } of reasons) io.out(message);
      }
      return ready ? exitOk : exitFailure;
    }),
});
