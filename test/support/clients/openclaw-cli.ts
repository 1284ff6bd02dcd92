/** Runs the original's command line, as npm has it: the one in OPENCLAW_CLI, or in the checkout's .openclaw-cli. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { packageRoot } from "../../../server/lib/package.ts";
import { createTemporaryFolder, token, type TestGateway } from "../gateway/gateway.ts";
import { toWebSocketUrl } from "../sockets/socket.ts";

const path =
  process.env["OPENCLAW_CLI"] ?? join(packageRoot, ".openclaw-cli/node_modules/openclaw/openclaw.mjs");
const hasTerminal = /util-linux/.test(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "");

/** The path of the program; undefined where it cannot be tested. */
export const openclawCli: string | undefined = existsSync(path) && hasTerminal ? path : undefined;

if (openclawCli === undefined)
  console.warn(
    hasTerminal
      ? "The original's command line is not tested: it is not installed (npm install --prefix .openclaw-cli openclaw@2026.9.6, or set OPENCLAW_CLI)."
      : "The original's command line is not tested: the program `script` of util-linux gives it a terminal.",
  );

/** One user of a gateway. The programs get a home folder of their own, and nothing of the environment. */
export function createOpenclawUser({ url }: Pick<TestGateway, "url">): {
  /** Runs a command and resolves to what it prints. Rejects when it fails. */
  run(...args: readonly string[]): Promise<string>;
  /** Starts `tui` on a terminal of 120 columns. */
  startTerminal(...args: readonly string[]): Terminal;
} {
  const home = createTemporaryFolder();
  const gatewayUrl = toWebSocketUrl(url);
  const stateDir = join(home, "state");
  mkdirSync(stateDir);
  // `status` asks a gateway only when there is a configuration.
  const remote = { url: gatewayUrl, token };
  writeFileSync(join(stateDir, "openclaw.json"), JSON.stringify({ gateway: { mode: "remote", remote } }));
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    TERM: "xterm-256color",
    NO_COLOR: "1",
    OPENCLAW_STATE_DIR: stateDir,
    OPENCLAW_GATEWAY_URL: gatewayUrl,
    OPENCLAW_GATEWAY_TOKEN: token,
  };
  const command = [process.execPath, openclawCli ?? ""];
  const startProcess = (program: string, args: readonly string[]): ChildProcess => {
    const child = spawn(program, args, { env, cwd: home, detached: true });
    onTestFinished(() => {
      // The program starts processes of its own. The group has ended already, or ends now.
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {}
    });
    return child;
  };
  return {
    async run(...args) {
      const child = startProcess(process.execPath, [...command.slice(1), ...args]);
      const output = { out: "", err: "" };
      child.stdout?.on("data", (chunk: Buffer) => (output.out += chunk.toString()));
      child.stderr?.on("data", (chunk: Buffer) => (output.err += chunk.toString()));
      const [code] = (await once(child, "close")) as [number | null];
      if (code !== 0)
        throw new Error(`openclaw ${args.join(" ")} ended with ${code}: ${output.err}${output.out}`);
      return output.out;
    },
    startTerminal(...args) {
      const tui = [...command, "tui", "--url", gatewayUrl, "--token", token, ...args];
      const line = `stty cols 120 rows 50; ${tui.map((word) => `'${word}'`).join(" ")}`;
      return createTerminal(startProcess("script", ["-qfec", line, "/dev/null"]));
    },
  };
}

export interface Terminal {
  /** Types a line and presses Enter. */
  enter(line: string): Promise<void>;
  /** Presses Escape. */
  escape(): void;
  /** Resolves when this text is printed after what was awaited before. */
  waitForText(text: string): Promise<void>;
}

function createTerminal(child: ChildProcess): Terminal {
  let screen = "";
  let read = 0;
  child.stdout?.on("data", (chunk: Buffer) => (screen += stripControls(chunk.toString())));
  const press = (keys: string): void => void child.stdin?.write(keys);
  const waitForText = async (text: string): Promise<void> => {
    try {
      await expect.poll(() => screen.slice(read), { timeout: 120_000 }).toContain(text);
    } catch (error) {
      throw new Error(`The terminal does not show "${text}":\n${screen.slice(read)}`, { cause: error });
    }
    read = screen.indexOf(text, read) + text.length;
  };
  return {
    async enter(line) {
      press(line);
      await waitForText(line);
      press("\r");
    },
    escape: () => press("\u001b"),
    waitForText,
  };
}

/** Removes the control sequences of a terminal. A move of the cursor becomes a line break. */
function stripControls(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- these are what is removed
      .replaceAll(/\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b_[^\u001b]*\u001b\\/g, "")
      // oxlint-disable-next-line no-control-regex -- these are what is removed
      .replaceAll(/\u001b\[[0-9;?<>=]*[A-HJKf]/g, "\n")
      // oxlint-disable-next-line no-control-regex -- these are what is removed
      .replaceAll(/\u001b(?:\[[0-9;?<>=]*[a-zA-Z~]|[=>78])/g, "")
  );
}
