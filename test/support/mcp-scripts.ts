/** MCP servers in processes of their own, and what they tell of themselves. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { packageRoot } from "../../server/package.ts";
import type { SeenMcpRequest } from "./mcp-http-server.ts";
import type { Oddity } from "./mcp-stdio-server.ts";

export interface StdioScript {
  readonly server: {
    readonly command: string;
    readonly args: string[];
    readonly env: Record<string, string>;
  };
  /** What happened inside, line by line. */
  journal(): readonly string[];
  /** The process of the latest start. */
  pid(): number;
}

/** The test server as a child. */
export function stdioScript(...oddity: readonly [Oddity?, string?]): StdioScript {
  const { file, journal } = openJournal();
  return {
    server: {
      command: process.execPath,
      args: [
        join(packageRoot, "test/support/mcp-stdio-server.ts"),
        ...oddity.filter((word) => word !== undefined),
      ],
      env: { JOURNAL: file },
    },
    journal,
    pid: () =>
      Number(
        journal()
          .findLast((line) => line.startsWith("started "))
          ?.slice(8),
      ),
  };
}

export interface HttpScript {
  readonly origin: string;
  readonly child: ChildProcess;
  journal(): readonly string[];
  seen(): Promise<readonly SeenMcpRequest[]>;
  /** Answers to POSTs that have not ended. */
  openAnswers(): Promise<number>;
  /** The server no longer knows whom it talks with. */
  forgetSessions(): Promise<void>;
}

/** The same tools over HTTP: `/mcp` with sessions, `/modern` without. Ended when the test has finished. */
export async function startHttpScript(port = 0): Promise<HttpScript> {
  const { file, journal } = openJournal();
  const script = join(packageRoot, "test/support/mcp-http-server.ts");
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
    journal,
    seen: async () => (await (await fetch(`${origin}/seen`)).json()) as readonly SeenMcpRequest[],
    openAnswers: async () => Number(await (await fetch(`${origin}/open`)).text()),
    forgetSessions: async () => void (await fetch(`${origin}/sessions/forget`)),
  };
}

/** False for a zombie, too. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" && process.platform !== "linux";
  }
}

function openJournal(): { readonly file: string; journal(): readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), "gateway-mcp-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "journal");
  return {
    file,
    journal: () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []),
  };
}
