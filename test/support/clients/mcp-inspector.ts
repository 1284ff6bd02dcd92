/** Runs the command line of MCP's inspector: the one in MCP_INSPECTOR, or in the checkout's .inspector, where `.ci/run` installs it. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../../server/lib/package.ts";
import { createTemporaryFolder, token } from "../gateway/gateway.ts";

const inspectorPath =
  process.env["MCP_INSPECTOR"] ?? join(packageRoot, ".inspector/node_modules/.bin/mcp-inspector");

export const hasMcpInspector: boolean = existsSync(inspectorPath);

if (!hasMcpInspector)
  console.warn(
    "MCP's inspector is not tested: it is not installed (npm install --prefix .inspector --ignore-scripts @modelcontextprotocol/inspector@2.12.0, or set MCP_INSPECTOR).",
  );

/** Resolves to what the method prints. Rejects when it fails. */
export async function inspect(url: string, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const header = ["--header", `Authorization: Bearer ${token}`];
  const home = createTemporaryFolder();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [inspectorPath, "--cli", `${url}/mcp`, ...header, ...args],
    { env: { PATH: process.env["PATH"], HOME: home } },
  );
  return JSON.parse(stdout) as Record<string, unknown>;
}
