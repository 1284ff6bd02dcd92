/** Runs OpenAI's Codex CLI: the one in CODEX, or in the checkout's .codex, where `.ci/run` installs it. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../../server/lib/package.ts";
import { createTemporaryFolder } from "../gateway/gateway.ts";
import { canIsolateNetwork, enterNetworkCommand } from "../gateway/loopback.ts";

const codexPath = process.env["CODEX"] ?? join(packageRoot, ".codex/node_modules/.bin/codex");

/** The path of the program; undefined where it cannot be tested. */
export const codex: string | undefined = canIsolateNetwork && existsSync(codexPath) ? codexPath : undefined;

if (codex === undefined)
  console.warn(
    canIsolateNetwork
      ? "Codex CLI is not tested: it is not installed (npm install --prefix .codex @openai/codex@0.169.0, or set CODEX)."
      : "Codex CLI is not tested: a network with nothing but loopback needs Linux, root, unshare, nsenter and ip.",
  );

export interface Codex {
  /** The working directory of Codex. */
  readonly folder: string;
  /** Runs `codex exec` and resolves to the agent's last message. Rejects when it fails. */
  exec(...args: readonly string[]): Promise<string>;
  /** What the last run has printed on standard error: its progress and its warnings. */
  readErrors(): string;
}

/** Creates a user with only this configuration, a token and the network of the gateway's process. */
export function createCodexUser(
  config: string,
  gateway: { readonly pid: number; readonly token: string },
): Codex {
  const home = createTemporaryFolder();
  const folder = join(home, "work");
  mkdirSync(folder);
  writeFileSync(join(home, "config.toml"), config);
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    CODEX_HOME: home,
    OPENCLAW_GATEWAY_TOKEN: gateway.token,
  };
  let errors = "";
  return {
    folder,
    readErrors: () => errors,
    async exec(...args) {
      const program = [process.execPath, codex ?? "", "exec", "--skip-git-repo-check", ...args];
      const [command, ...rest] = [...enterNetworkCommand(gateway.pid), ...program];
      const execution = promisify(execFile)(command ?? "", rest, { cwd: folder, env });
      // Codex waits for more input while stdin is open.
      execution.child.stdin?.end();
      const { stdout, stderr } = await execution;
      errors = stderr;
      return stdout.trim();
    },
  };
}
