/** `openclaw gateway install`: writes a systemd unit of this user, and says how to start it. */
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname } from "node:path";
import { locateConfig } from "../server/config/locate.ts";
import { packageRoot } from "../server/lib/package.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitFailure, exitOk } from "./exit-codes.ts";
import { formatUserUnit, getUnitPath, unitName } from "./service-unit.ts";

export const gatewayInstall = defineCommand({
  name: "gateway install",
  summary: "run the gateway as a service of this user: writes a systemd unit",
  positionals: [],
  options: {
    port: { value: "N", min: 0, max: 65_535, description: "port to listen on (default: the configuration)" },
    force: { description: "replace a unit that exists and differs" },
    print: { description: "print the unit, and write nothing" },
    ...jsonOption,
  },
  details: `The service has the configuration, the state folder and the PATH of this shell. Other variables, such as keys of
providers, belong into .env of the state folder. Nothing is started: the commands for that are printed.
docs/operations.md has a unit for a whole machine, with a user of its own.
Exit codes: 0 done, 1 failed, 2 wrong usage.`,
  example: "openclaw gateway install --print",
  run({ options: { port, force, print, json } }, io) {
    const home = io.env["HOME"] || homedir();
    const { file, stateDir } = locateConfig(io.env, home, process.cwd());
    const unit = formatUserUnit(packageRoot, {
      command: [process.execPath, realpathSync(process.argv[1] ?? ""), "gateway"],
      env: {
        NODE_ENV: "production",
        OPENCLAW_STATE_DIR: stateDir,
        ...(existsSync(file) && { OPENCLAW_CONFIG_PATH: file }),
        ...(port !== undefined && { OPENCLAW_GATEWAY_PORT: String(port) }),
        ...(io.env["PATH"] !== undefined && { PATH: io.env["PATH"] }),
      },
    });
    if (print) {
      if (json) io.out(JSON.stringify({ ok: true, unit }, null, 2));
      else io.write(unit);
      return exitOk;
    }
    if (process.platform !== "linux")
      throw new Error(
        "systemd is a part of Linux. Elsewhere let the system's service manager run `openclaw gateway`.",
      );
    const path = getUnitPath(io.env, home);
    const existing = existsSync(path) ? readFileSync(path, "utf8") : undefined;
    if (existing !== undefined && existing !== unit && !force) {
      const message = `${path} exists and differs; --force replaces it, --print shows the new one.`;
      if (json) io.out(JSON.stringify({ ok: false, error: { type: "cli_error", message } }, null, 2));
      io.err(message);
      return exitFailure;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, unit);
    const commands = [
      "systemctl --user daemon-reload",
      `systemctl --user enable --now ${unitName}`,
      'loginctl enable-linger "$USER"',
    ];
    if (json) io.out(JSON.stringify({ ok: true, path, commands }, null, 2));
    else {
      io.out(`${existing === unit ? "Unchanged:" : "Written:"} ${path}`);
      io.out("To start it now, at each login, and with the last command also without one:");
      for (const command of commands) io.out(`  ${command}`);
      io.out(`Its log: journalctl --user --unit ${unitName} --follow`);
    }
    return exitOk;
  },
});
