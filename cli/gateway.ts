/** `openclaw gateway`: the arguments. The gateway itself is imported only when the command runs. */
import { defineCommand } from "./define-command.ts";
import { UsageError } from "./read-arguments.ts";

export const gateway = defineCommand({
  name: "gateway",
  summary: "run the gateway",
  positionals: [],
  options: {
    port: {
      value: "N",
      min: 0,
      max: 65_535,
      description: "port to listen on (default: OPENCLAW_GATEWAY_PORT, the configuration, 18789)",
    },
    bind: {
      value: "WHERE",
      choices: ["loopback", "lan", "auto", "tailnet"],
      description: "addresses to listen on: loopback, lan, auto or tailnet (default: the configuration)",
    },
    token: {
      value: "TEXT",
      description: "shared secret; visible to other users of this machine, so prefer OPENCLAW_GATEWAY_TOKEN",
    },
    password: { value: "TEXT", description: "shared secret as a password; prefer OPENCLAW_GATEWAY_PASSWORD" },
    "strict-store": { description: "refuse to start when the session store of the state folder is gone" },
    verbose: { description: "log at level debug" },
    "strict-config": {
      description: "exit with an invalid configuration even if there is a last good copy of it",
    },
  },
  details: `The configuration is ~/.openclaw/openclaw.json, or the file in OPENCLAW_CONFIG_PATH.
A valid change of the file is applied while the gateway runs. With an invalid file a start uses the last good copy.
Ctrl-C and SIGTERM wait for running requests; a second signal exits at once. SIGHUP does the same in a terminal, and
reloads the configuration elsewhere.
Exit codes: 0 stopped, 1 failed, 2 wrong usage, 78 invalid configuration.`,
  example: "openclaw gateway --port 8080",
  async run({ options }, io) {
    if (options.token !== undefined && options.password !== undefined) {
      throw new UsageError("--token and --password cannot be combined");
    }
    const { runGateway } = await import("./run-gateway.ts");
    return runGateway(options, io);
  },
});
