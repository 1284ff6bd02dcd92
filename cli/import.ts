/** `openclaw import`: brings the conversations and keys of OpenClaw's home folder. Without --apply it only says what it would do. */
import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { locateConfig } from "../server/config/locate.ts";
import { appendEnv, planEnv } from "./append-env.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { planImport, type ImportPlan } from "./import/plan.ts";
import type { WrittenSessions } from "./import/write-sessions.ts";
import type { Io } from "./io.ts";
import { readRunFile } from "./run-file.ts";

export const importHome = defineCommand({
  name: "import",
  summary: "bring the conversations and keys of OpenClaw's home folder",
  positionals: ["FOLDER?"],
  options: {
    apply: { description: "import; without it the command only says what it would do" },
    all: { description: "also import the sessions of chat channels, schedules and hooks" },
    ...jsonOption,
  },
  details: `FOLDER is OpenClaw's state folder (default: ~/.openclaw). It is read from copies and not changed; only .env gets names
that it lacks, after a copy, when FOLDER is also the state folder of this gateway. Stop OpenClaw before, with
\`openclaw gateway stop\`, and this gateway too. Conversations that exist here already stay as they are.
Exit codes: 0 done, 1 failed, 2 wrong usage, 78 invalid configuration.`,
  example: "openclaw import ~/.openclaw --apply",
  async run({ options: { apply, all, json }, positionals: [path] }, io) {
    const home = io.env["HOME"] || homedir();
    const folder = path === undefined ? join(home, ".openclaw") : resolve(path);
    if (!existsSync(folder) || !statSync(folder).isDirectory())
      throw new Error(`There is no folder ${folder}.`);
    const { stateDir, file } = locateConfig(io.env, home, process.cwd());
    const plan = planImport(folder, all);
    const { written, env } = apply
      ? await applyPlan(plan, stateDir, io)
      : { written: undefined, env: planNames(plan, stateDir) };
    const report = {
      from: folder,
      to: stateDir,
      applied: apply,
      config: { ...plan.config, inUse: resolve(file) === plan.config.path },
      workspaces: plan.workspaces,
      mcpServers: plan.mcpServers,
      sessions: written ?? { toImport: plan.sessions.map(({ key }) => key) },
      leftOut: plan.leftOut,
      variables: { path: env.path, added: env.added, kept: env.kept },
      skippedKeys: plan.keys.skipped,
      warnings: plan.warnings,
    };
    if (json) io.out(JSON.stringify(report, null, 2));
    else for (const line of formatReport(report)) io.out(line);
    return exitOk;
  },
});

const planNames = ({ keys }: ImportPlan, stateDir: string): ReturnType<typeof planEnv> =>
  planEnv(
    stateDir,
    keys.keys.map(({ variable }) => variable),
  );

async function applyPlan(
  plan: ImportPlan,
  stateDir: string,
  io: Io,
): Promise<{ readonly written: WrittenSessions; readonly env: ReturnType<typeof planEnv> }> {
  const running = readRunFile(stateDir);
  if (running !== undefined) {
    throw new Error(
      `The gateway at ${running.url} (pid ${running.pid}) uses ${stateDir}. Stop it, and run the command again.`,
    );
  }
  const { writeSessions } = await import("./import/write-sessions.ts");
  const written = await writeSessions(plan.sessions, { stateDir, keptSince: await findPruneTime(io) });
  const env = appendEnv(
    stateDir,
    Object.fromEntries(plan.keys.keys.map(({ variable, secret }) => [variable, secret])),
  );
  return { written, env };
}

/** Returns the time before which the gateway's cleanup deletes sessions. Throws when they are in PostgreSQL. */
async function findPruneTime(io: Io): Promise<number> {
  const { loadConfig } = await import("../server/config/load.ts");
  const { parseDurationMs } = await import("../contracts/config/fields.ts");
  const { locateStore } = await import("../server/agent/sessions/store-location.ts");
  const { config, env } = loadConfig({ env: io.env, home: io.env["HOME"] || homedir() });
  const { type } = locateStore(config.session.store, env["OPENCLAW_DATABASE_URL"] || undefined);
  // The sessions would lie in a file that no gateway reads.
  if (type === "postgres") {
    throw new Error(
      "The sessions of the gateway are in PostgreSQL, and this command writes to a state folder only. Nothing was imported.",
    );
  }
  return Date.now() - parseDurationMs(config.session.maintenance.pruneAfter);
}

interface Report {
  readonly from: string;
  readonly to: string;
  readonly applied: boolean;
  readonly config: { readonly path: string; readonly exists: boolean; readonly inUse: boolean };
  readonly workspaces: readonly string[];
  readonly mcpServers: readonly string[];
  readonly sessions: WrittenSessions | { readonly toImport: readonly string[] };
  readonly leftOut: readonly string[];
  readonly variables: {
    readonly path: string;
    readonly added: readonly string[];
    readonly kept: readonly string[];
  };
  readonly skippedKeys: readonly string[];
  readonly warnings: readonly string[];
}

function formatReport(report: Report): readonly string[] {
  const { from, to, applied, config, workspaces, mcpServers, sessions, leftOut, variables } = report;
  const list = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(", "));
  return [
    `From ${from} to ${to}`,
    `Configuration: ${describeConfig(config)}`,
    `Workspaces, ${from === to ? "used in place" : "which agents use when the configuration names them"}: ${list(workspaces)}`,
    `MCP servers of the configuration: ${list(mcpServers)}`,
    ...("toImport" in sessions
      ? [`Conversations to import: ${list(sessions.toImport)}`]
      : [
          `Conversations imported: ${list(sessions.imported)}`,
          `Conversations that exist already: ${list(sessions.existing)}`,
          `Conversations without a message: ${list(sessions.empty)}`,
        ]),
    ...(leftOut.length === 0 ? [] : [`Left out (--all imports them): ${list(leftOut)}`]),
    `${applied ? "Added" : "To add"} to ${variables.path}: ${list(variables.added)}`,
    ...(variables.kept.length === 0 ? [] : [`In it already: ${list(variables.kept)}`]),
    ...report.skippedKeys.map((text) => `Not taken: ${text}`),
    ...report.warnings.map((text) => `Warning: ${text}`),
    "Not taken: chat channels, devices, schedules, skills and the memory index, which this gateway does not have.",
    applied
      ? "`openclaw gateway` starts the gateway, `openclaw sessions list` lists the conversations."
      : "Nothing was changed. With --apply the command imports.",
  ];
}

function describeConfig({ path, exists, inUse }: Report["config"]): string {
  if (!exists) return "there is none";
  if (inUse) return `${path} is used as it is; \`openclaw config check\` says what has no effect`;
  return `to use ${path} here, copy it into the state folder; \`openclaw config check ${path}\` says what has no effect`;
}
