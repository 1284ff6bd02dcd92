/** Starts MCP servers in their own processes and reads what they report. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { packageRoot } from "../../../server/lib/package.ts";
import type { McpRequestRecord } from "./mcp-http-server.ts";
import type { Behavior } from "./mcp-stdio-server.ts";

export interface StdioMcpServer {
  readonly server: {
    readonly command: string;
    readonly args: string[];
    readonly env: Record<string, string>;
  };
  /** Returns the lines of the server's journal. */
  readJournal(): readonly string[];
  /** Returns the process id of the last start. */
  readPid(): number;
}

/** Creates the configuration of a stdio server, which the gateway starts. */
export function createStdioMcpServer(...behavior: readonly [Behavior?, string?]): StdioMcpServer {
  const { file, readJournal } = createJournal();
  return {
    server: {
      command: process.execPath,
      args: [
        join(packageRoot, "test/support/tools/mcp-stdio-server.ts"),
        ...behavior.filter((word) => word !== undefined),
      ],
      env: { JOURNAL: file },
    },
    readJournal,
    readPid: () =>
      Number(
        readJournal()
          .findLast((line) => line.startsWith("started "))
          ?.slice(8),
      ),
  };
}

export interface HttpMcpServer {
  readonly origin: string;
  readonly child: ChildProcess;
  readJournal(): readonly string[];
  readRequests(): Promise<readonly McpRequestRecord[]>;
  /** Resolves to the number of responses to POSTs that have not ended. */
  countOpenResponses(): Promise<number>;
  /** Makes the server forget its sessions. */
  forgetSessions(): Promise<void>;
}

/** Starts a server with the same tools over HTTP: `/mcp` has sessions, `/modern` has none. It stops when the test finishes. */
export async function startHttpMcpServer(port = 0): Promise<HttpMcpServer> {
  const { file, readJournal } = createJournal();
  const script = join(packageRoot, "test/support/tools/mcp-http-server.ts");
  const child = spawn(process.execPath, [script, String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, JOURNAL: file },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const origin = line.toString().trim();
  return {
    origin,
    child,
    readJournal,
    readRequests: async () => (await (await fetch(`${origin}/seen`)).json()) as readonly McpRequestRecord[],
    countOpenResponses: async () => Number(await (await fetch(`${origin}/open`)).text()),
    forgetSessions: async () => void (await fetch(`${origin}/sessions/forget`)),
  };
}

/** Tells whether a process runs. A zombie does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" && process.platform !== "linux";
  }
}

function createJournal(): { readonly file: string; readJournal(): readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), "gateway-mcp-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "journal");
  return {
    file,
    readJournal: () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []),
  };
}
