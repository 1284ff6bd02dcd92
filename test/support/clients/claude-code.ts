/** Runs Anthropic's Claude Code: the one in CLAUDE_CODE, or in the checkout's .claude-code, where `.ci/run` installs it. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../../server/lib/package.ts";
import { createTemporaryFolder } from "../gateway/gateway.ts";
import { canIsolateNetwork, enterNetworkCommand } from "../gateway/loopback.ts";

const claudePath = process.env["CLAUDE_CODE"] ?? join(packageRoot, ".claude-code/node_modules/.bin/claude");

export const canRunClaudeCode: boolean = canIsolateNetwork && existsSync(claudePath);

if (!canRunClaudeCode)
  console.warn(
    canIsolateNetwork
      ? "Claude Code is not tested: it is not installed (npm install --prefix .claude-code @anthropic-ai/claude-code@2.1.332, or set CLAUDE_CODE)."
      : "Claude Code is not tested: a network with nothing but loopback needs Linux, root, unshare, nsenter and ip.",
  );

export interface ClaudeCode {
  /** The working directory of Claude Code. */
  readonly folder: string;
  /** Runs `claude --print` and resolves to what it prints. Rejects when it fails. */
  print(prompt: string, ...args: readonly string[]): Promise<string>;
}

interface ClaudeCodeOptions {
  /** The process whose network Claude Code gets. */
  readonly pid: number;
  /** The variables of the guide. */
  readonly env: Readonly<Record<string, string>>;
}

/** Creates a user with only these variables, in the network of a process. */
export function createClaudeCodeUser({ pid, env }: ClaudeCodeOptions): ClaudeCode {
  const home = createTemporaryFolder();
  const folder = join(home, "work");
  mkdirSync(folder);
  return {
    folder,
    async print(prompt, ...args) {
      const program = [claudePath, ...args, "--dangerously-skip-permissions", "--print", prompt];
      const [command = "", ...rest] = [...enterNetworkCommand(pid), ...program];
      const execution = promisify(execFile)(command, rest, {
        cwd: folder,
        // Without a sandbox, root may not skip permissions.
        env: { PATH: process.env["PATH"], HOME: home, IS_SANDBOX: "1", DISABLE_AUTOUPDATER: "1", ...env },
      });
      // Claude Code waits for more input while stdin is open.
      execution.child.stdin?.end();
      return (await execution).stdout.trim();
    },
  };
}
