/** Creates a folder for an agent's file tools, with a secret beside it that they must not reach. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { createFileTools } from "../../../server/agent/tools/file-tools.ts";
import { createWorkspace, type Workspace } from "../../../server/agent/tools/workspace.ts";
import type { Tool, ToolContext, ToolOutput } from "../../../server/agent/types.ts";

export interface ToolWorkspace {
  /** The parent folder of the workspace. It holds `secret.txt` with the text "secret". */
  readonly parentFolder: string;
  readonly folder: string;
  readonly workspace: Workspace;
  writeFile(path: string, content: string | Uint8Array, mode?: number): void;
  readFile(path: string): string;
  /** Creates a named pipe without a writer. */
  createPipe(path: string): void;
  /** Resolves to the tool's result, error or not. Rejects with the validation issues of its arguments. */
  run(tool: string, args: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<ToolOutput>;
  /** Resolves to the text of the tool's result. */
  runForText(tool: string, args: Readonly<Record<string, unknown>>): Promise<string>;
}

interface WorkspaceSettings {
  readonly workspaceOnly?: boolean;
  /** Paths relative to the parent folder. */
  readonly forbidden?: readonly string[];
  readonly folder?: string;
}

export function createToolWorkspace(settings: WorkspaceSettings = {}): ToolWorkspace {
  const parentFolder = realpathSync(mkdtempSync(join(tmpdir(), "gateway-workspace-")));
  onTestFinished(() => rmSync(parentFolder, { recursive: true, force: true }));
  const folder = join(parentFolder, settings.folder ?? "work");
  const { workspaceOnly = true, forbidden = [] } = settings;
  writeFileSync(join(parentFolder, "secret.txt"), "secret");
  const workspace = createWorkspace({
    folder,
    workspaceOnly,
    forbidden: forbidden.map((path) => join(parentFolder, path)),
  });
  const tools = createFileTools(() => workspace);

  const run: ToolWorkspace["run"] = async (name, args, signal) => {
    const tool = tools.find((one) => one.name === name);
    if (tool === undefined) throw new Error(`no tool ${name}`);
    return runTool(tool, args, signal);
  };
  return {
    parentFolder,
    folder,
    workspace,
    writeFile(path, content, mode) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      if (mode !== undefined) chmodSync(file, mode);
    },
    createPipe: (path) => void execFileSync("sh", ["-c", 'mkfifo "$0"', join(folder, path)]),
    readFile: (path) => readFileSync(join(folder, path), "utf8"),
    run,
    runForText: async (name, args) => {
      const { content } = await run(name, args);
      return content.map((part) => (part.type === "text" ? part.text : `<${part.mediaType}>`)).join("\n");
    },
  };
}

async function runTool(
  tool: Tool,
  args: unknown,
  signal = new AbortController().signal,
): Promise<ToolOutput> {
  const issues = tool.check(args);
  if (issues.length > 0) {
    throw new Error(issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n"));
  }
  const context: ToolContext = {
    runId: "run_test",
    agentId: "main",
    credential: "operator",
    sessionKey: undefined,
    surface: "run",
    signal,
    report: () => {},
  };
  return tool.run(args, context);
}
