/** `openclaw gateway status`: the gateway of this machine as a service: its configuration, port, version and state. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { createClient } from "../clients/typescript/src/index.ts";
import { locateConfig } from "../server/config/locate.ts";
import { packageVersion } from "../server/lib/package.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitFailure, exitOk } from "./exit-codes.ts";
import { fetchFromGateway, findGateway, type RunningGateway } from "./find-gateway.ts";
import type { Io } from "./io.ts";
import { formatProperties } from "./table.ts";
import { unitName } from "./service-unit.ts";

const timeoutMs = 5_000;

interface GatewayReport {
  readonly ok: boolean;
  readonly config: {
    readonly path: string;
    readonly exists: boolean;
    readonly valid: boolean;
    readonly issues: readonly string[];
  };
  readonly stateDir: string;
  readonly service: { readonly unit: string; readonly state: string };
  readonly gateway: { readonly url: string; readonly auth: string } | undefined;
  readonly rpc: { readonly ok: boolean; readonly version?: string; readonly error?: string };
}

export const gatewayStatus = defineCommand({
  name: "gateway status",
  summary: "show the configuration, the service and the state of this machine's gateway",
  positionals: [],
  options: {
    "require-rpc": { description: "exit 1 when the gateway does not answer with the credential" },
    ...jsonOption,
  },
  details: "Exit codes: 0 done, 1 the gateway does not answer (with --require-rpc), 2 wrong usage.",
  example: "openclaw gateway status --require-rpc",
  async run({ options: { json, "require-rpc": requiresRpc } }, io) {
    const report = await inspectGateway(io);
    if (json) io.out(JSON.stringify({ cli: { version: packageVersion }, ...report }, null, 2));
    else for (const line of formatProperties(formatReport(report), io.terminal?.columns)) io.out(line);
    return requiresRpc && !report.rpc.ok ? exitFailure : exitOk;
  },
});

async function inspectGateway(io: Io): Promise<GatewayReport> {
  const home = io.env["HOME"] || homedir();
  const { file, stateDir } = locateConfig(io.env, home, process.cwd());
  const { loadConfig } = await import("../server/config/load.ts");
  const issues: string[] = [];
  try {
    loadConfig({ env: io.env, home });
  } catch (error) {
    issues.push(...(error as Error).message.split("\n"));
  }
  const found = await findGateway(io).catch((error: unknown) => error as Error);
  const rpc = found instanceof Error ? { ok: false, error: found.message } : await probe(found);
  return {
    ok: rpc.ok,
    config: { path: file, exists: existsSync(file), valid: issues.length === 0, issues },
    stateDir,
    service: { unit: unitName, state: readServiceState() },
    gateway: found instanceof Error ? undefined : { url: found.url, auth: found.secretSource },
    rpc,
  };
}

async function probe({ url, secret }: RunningGateway): Promise<GatewayReport["rpc"]> {
  try {
    const client = createClient({ baseUrl: url, token: secret, fetch: fetchFromGateway, maxRetries: 0 });
    const signal = AbortSignal.timeout(timeoutMs);
    await client.ready({ signal });
    const socket = await client.connect({
      client: { id: "openclaw-cli", version: packageVersion, mode: "cli" },
      scopes: ["operator.read"],
      reconnectMs: 0,
    });
    socket.close();
    return { ok: true, version: socket.hello.server.version };
  } catch (error) {
    return { ok: false, error: (error as Error).message };
  }
}

/** Asks systemd for the user's unit. Elsewhere there is none. */
function readServiceState(): string {
  if (process.platform !== "linux") return "unknown";
  const { stdout, error } = spawnSync("systemctl", ["--user", "is-active", unitName], {
    encoding: "utf8",
    timeout: timeoutMs,
  });
  return error === undefined ? stdout.trim() || "unknown" : "unknown";
}

function formatReport({
  config,
  stateDir,
  service,
  gateway,
  rpc,
}: GatewayReport): readonly (readonly string[])[] {
  const validity = config.valid ? "valid" : `invalid: ${config.issues.join("; ")}`;
  return [
    [
      "Config",
      `${config.path}, ${config.exists ? validity : "which does not exist: the built-in configuration applies"}`,
    ],
    ["State", stateDir],
    ["Service", `${service.unit}: ${service.state}`],
    ["Gateway", gateway?.url ?? "none runs with this state folder"],
    ...(gateway === undefined ? [] : [["Credential", gateway.auth]]),
    ["Answers", rpc.ok ? `yes, version ${rpc.version}` : `no: ${rpc.error}`],
  ];
}
