/** The checks of `openclaw doctor`, in their order. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { once } from "node:events";
import { join } from "node:path";
import { resolveListenPort } from "../../server/config/environment.ts";
import { loadConfig, type LoadedConfig } from "../../server/config/load.ts";
import { locateConfig } from "../../server/config/locate.ts";
import { ConfigError, formatIssue } from "../../server/lib/config-error.ts";
import { packageVersion } from "../../server/lib/package.ts";
import { explainListenError } from "../explain-listen-error.ts";
import { planImport } from "../import/plan.ts";
import type { Io } from "../io.ts";
import { readRunFile } from "../run-file.ts";
import { checkStartSettings } from "../start-settings.ts";
import { checkExposure } from "./exposure.ts";
import type { Finding } from "./finding.ts";
import { inspectSecret } from "./inspect-secret.ts";
import { checkPermissions } from "./permissions.ts";
import { listProviders, probeProvider } from "./providers.ts";

/** @param isProbing asks the providers for their models */
export async function runChecks(io: Io, isProbing: boolean): Promise<readonly Finding[]> {
  const home = io.env["HOME"] || homedir();
  const { file, stateDir } = locateConfig(io.env, home, process.cwd());
  const { loaded, findings } = checkConfig(io, home, file);
  return [
    {
      checkId: "node.version",
      severity: "info",
      message: `openclaw-gateway ${packageVersion}, Node ${process.versions.node}`,
    },
    ...findings,
    ...checkPermissions(stateDir, file),
    ...(loaded === undefined
      ? []
      : [
          ...checkExposure(loaded.config, inspectSecret(loaded)),
          ...(await checkPort(loaded, io)),
          ...checkSandbox(loaded),
          ...(await checkProviders(loaded, isProbing)),
        ]),
    ...checkOpenClawHome(stateDir, home),
  ];
}

function checkConfig(
  io: Io,
  home: string,
  file: string,
): { readonly loaded: LoadedConfig | undefined; readonly findings: readonly Finding[] } {
  try {
    const loaded = loadConfig({ env: io.env, home });
    const warnings = [...loaded.warnings];
    checkStartSettings(loaded, (text) => warnings.push(text));
    const message = existsSync(file)
      ? `${file} is valid`
      : `There is no ${file}: the built-in model answers on this machine`;
    const fixHint = existsSync(file) ? undefined : "openclaw init";
    return {
      loaded,
      findings: [
        {
          checkId: "config.valid",
          severity: "info",
          message,
          path: file,
          ...(fixHint !== undefined && { fixHint }),
        },
        ...warnings.map((text): Finding => ({
          checkId: "config.warning",
          severity: "info",
          message: text,
          path: file,
        })),
      ],
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return {
      loaded: undefined,
      findings: error.issues.map((issue) => ({
        checkId: "config.invalid",
        severity: "error",
        message: `${error.file}: ${formatIssue(issue)}`,
        path: issue.path,
      })),
    };
  }
}

async function checkPort({ config, stateDir, env }: LoadedConfig, io: Io): Promise<readonly Finding[]> {
  const running = readRunFile(stateDir);
  if (running !== undefined) {
    const message = `A gateway runs at ${running.url} (pid ${running.pid})`;
    return [{ checkId: "gateway.running", severity: "info", message }];
  }
  const port = resolveListenPort(undefined, { ...env, ...io.env }, config);
  const host = "127.0.0.1";
  const server = createServer();
  try {
    await once(server.listen(port, host), "listening");
    return [
      {
        checkId: "gateway.port",
        severity: "info",
        message: `Port ${port} is free; no gateway runs with ${stateDir}`,
      },
    ];
  } catch (error) {
    const message = await explainListenError(error, { host, port, stateDir });
    const fixHint = "stop that program, or set gateway.port";
    return [{ checkId: "gateway.port", severity: "error", message, path: "gateway.port", fixHint }];
  } finally {
    server.close();
  }
}

function checkSandbox({ config }: LoadedConfig): readonly Finding[] {
  const { sandbox } = config.tools.exec;
  if (sandbox === "off" || spawnSync("bwrap", ["--version"]).status === 0) return [];
  const severity = sandbox === "bwrap" ? "error" : "warning";
  const outcome = sandbox === "bwrap" ? "commands fail" : "commands run without a sandbox";
  const message = `bwrap is not installed: ${outcome}`;
  return [
    {
      checkId: "tools.exec.bwrap",
      severity,
      message,
      path: "tools.exec.sandbox",
      fixHint: "install bubblewrap",
    },
  ];
}

async function checkProviders(
  { config, env }: LoadedConfig,
  isProbing: boolean,
): Promise<readonly Finding[]> {
  const findings = listProviders(config, env).map(
    async ({ id, isInUse, lacksKey, key }): Promise<Finding> => {
      const path = `models.providers.${id}`;
      if (lacksKey) {
        const severity = isInUse ? "error" : "info";
        return { checkId: "models.key", severity, message: `The provider ${id} has no key`, path };
      }
      const from = key === undefined ? "needs no key" : `has its key from ${key}`;
      if (!isProbing)
        return { checkId: "models.key", severity: "info", message: `The provider ${id} ${from}`, path };
      const { ok, detail } = await probeProvider(config, id);
      const severity = ok ? "info" : isInUse ? "error" : "warning";
      return {
        checkId: "models.probe",
        severity,
        message: `The provider ${id} ${from}, and ${detail}`,
        path,
      };
    },
  );
  return Promise.all(findings);
}

function checkOpenClawHome(stateDir: string, home: string): readonly Finding[] {
  const folders = [...new Set([stateDir, join(home, ".openclaw")])];
  return folders
    .filter((folder) => existsSync(join(folder, "agents")))
    .map((folder) => {
      const { sessions, leftOut, keys, workspaces } = planImport(folder, false);
      const parts = [
        `${sessions.length} conversations`,
        `${leftOut.length} of channels and schedules`,
        `${keys.keys.length} keys`,
        `${workspaces.length} workspaces`,
      ];
      return {
        checkId: "openclaw.home",
        severity: "info",
        message: `OpenClaw's home ${folder} has ${parts.join(", ")}`,
        path: folder,
        fixHint: "openclaw import says what it would bring",
      };
    });
}
