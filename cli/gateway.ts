/** `openclaw gateway`: what it takes. What it does is loaded when it is asked for: it is all of the gateway. */
import { defineCommand } from "./define-command.ts";
import { UsageError } from "./read-arguments.ts";

export const gateway = defineCommand({
  name: "gateway",
  summary: "run the gateway",
  words: [],
  options: {
    port: {
      value: "N",
      min: 0,
      max: 65_535,
      says: "port to listen on (else OPENCLAW_GATEWAY_PORT, the configuration, 18789)",
    },
    bind: {
      value: "WHERE",
      choices: ["loopback", "lan", "auto"],
      says: "loopback, lan or auto (else the configuration)",
    },
    token: {
      value: "TEXT",
      says: "the shared secret; other users of this machine see it: prefer OPENCLAW_GATEWAY_TOKEN",
    },
    password: { value: "TEXT", says: "the same as a password" },
    verbose: { says: "log at level debug" },
  },
  more: `The configuration is ~/.openclaw/openclaw.json, or the file in OPENCLAW_CONFIG_PATH.
Ctrl-C lets running requests finish; a second one does not.
Exit codes: 0 stopped, 1 failed, 2 wrong usage, 78 wrong configuration.`,
  example: "openclaw gateway --port 8080",
  async run({ options }, io) {
    if (options.token !== undefined && options.password !== undefined) {
      throw new UsageError("--token and --password: one of them is enough");
    }
    const { runGateway } = await import("./run-gateway.ts");
    return runGateway(options, io);
  },
});
