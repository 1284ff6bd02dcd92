/** Creates the tools `exec` and `process` on a temporary folder, and observes the processes that they start. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ConfigInput } from "../../../contracts/config/config.ts";
import { Tools } from "../../../contracts/config/tools.ts";
import { findSandboxUser } from "../../../server/agent/exec/sandbox-user.ts";
import type { AgentSandbox } from "../../../server/agent/agent-sandbox.ts";
import { createExec } from "../../../server/agent/exec/create-exec.ts";
import { createWorkspace } from "../../../server/agent/tools/workspace.ts";
import type { LogFields } from "../../../server/lib/ports.ts";
import type { ToolOutput } from "../../../server/agent/types.ts";
import { randomId } from "../../../server/lib/ids.ts";

interface ExecOptions {
  readonly settings?: NonNullable<ConfigInput["tools"]>["exec"];
  readonly env?: NodeJS.ProcessEnv;
  readonly secrets?: readonly string[];
  /** Returns hidden paths for the parent folder of the workspace. */
  readonly hidden?: (outside: string) => readonly string[];
  readonly workspaceOnly?: boolean;
  readonly mayUseProcess?: boolean;
  /** The agent's own sandbox. */
  readonly sandbox?: AgentSandbox;
  readonly clock?: () => number;
}

interface CallOptions {
  readonly signal?: AbortSignal;
  readonly agentId?: string;
  readonly credential?: string;
  readonly report?: (text: string) => void;
}

type Call = (args: Readonly<Record<string, unknown>>, options?: CallOptions) => Promise<ToolOutput>;

export interface TestExec {
  /** The parent folder of the workspace. */
  readonly parentFolder: string;
  readonly folder: string;
  readonly exec: Call;
  readonly process: Call;
  readonly log: readonly { readonly level: string; readonly message: string; readonly fields: LogFields }[];
  close(): Promise<void>;
}

export function createTestExec(options: ExecOptions = {}): TestExec {
  const parentFolder = realpathSync(mkdtempSync(join(tmpdir(), "gateway-exec-")));
  const folder = join(parentFolder, "work");
  const log: TestExec["log"][number][] = [];
  const note =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      void log.push({ level, message, fields });
  // On a busy machine a short command may take longer than the default.
  const settings = Tools.parse({ exec: { backgroundMs: 600_000, ...options.settings } }).exec;
  const sandboxUser = findSandboxUser(
    options.sandbox === undefined ? settings : { ...settings, sandbox: "bwrap" },
  );
  const exec = createExec({
    settings,
    env: { ...process.env, ...options.env },
    secrets: options.secrets ?? [],
    hiddenPaths: options.hidden?.(parentFolder) ?? [],
    sandboxUser,
    clock: options.clock ?? Date.now,
    newId: randomId,
    log: { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") },
  });
  onTestFinished(async () => {
    await exec.close();
    rmSync(parentFolder, { recursive: true, force: true });
  });
  const workspace = createWorkspace({
    folder,
    owner: sandboxUser,
    workspaceOnly: options.workspaceOnly ?? true,
    forbidden: [],
  });
  const tools = exec.createTools({
    settings,
    getWorkspace: () => workspace,
    canUseProcess: () => options.mayUseProcess ?? true,
    sandbox: options.sandbox,
  });

  const createCall =
    (name: string): Call =>
    async (args, { signal, agentId, credential, report } = {}) => {
      const tool = tools.find((one) => one.name === name);
      if (tool === undefined) throw new Error(`no tool ${name}`);
      const issues = tool.check(args);
      if (issues.length > 0) throw new Error(JSON.stringify(issues));
      return tool.run(args, {
        runId: "run_test",
        agentId: agentId ?? "main",
        credential: credential ?? "operator",
        sessionKey: undefined,
        surface: "run",
        signal: signal ?? new AbortController().signal,
        report: report ?? (() => {}),
      });
    };
  return {
    parentFolder,
    folder,
    exec: createCall("exec"),
    process: createCall("process"),
    log,
    close: exec.close,
  };
}

export function readText(output: ToolOutput): string {
  return output.content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
}

/** Returns the output without the text about the end of the process. */
export function readOutput({ details }: ToolOutput): string {
  return String(details?.["output"]);
}

let sleepCount = 0;

/** Creates a unique `sleep` command, so that its processes can be identified. */
export function createUniqueSleep(seconds = 300): string {
  sleepCount += 1;
  return `sleep ${seconds}.${process.pid}${String(sleepCount).padStart(4, "0")}`;
}

/** Returns the number of processes with this command line, without zombies. */
export function countProcesses(commandLine: string): number {
  const lines = execFileSync("ps", ["-A", "-o", "stat=,args="], { encoding: "utf8" }).split("\n");
  // The shell that starts the command has it in its arguments too. Only an exact match counts.
  return lines.filter((line) => !line.startsWith("Z") && line.replace(/^\S+\s+/, "") === commandLine).length;
}
