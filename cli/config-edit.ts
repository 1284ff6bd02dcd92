/** `openclaw config get`, `set`, `unset`, `file` and `edit`: the configuration file of this machine, with its comments. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Path } from "../server/config/tree.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitFailure, exitOk } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { UsageError } from "./read-arguments.ts";

const pathHelp = `PATH is a dotted name; a list has numbers, an unusual name has quotes:
agents.list[0].model, models.providers["my.own"].baseUrl`;
const writeHelp = `${pathHelp}
Comments stay. Nothing is written if the result is not valid. A running gateway applies the change by itself.`;

export const configGet = defineCommand({
  name: "config get",
  summary: "print a setting as the gateway reads it, defaults included",
  positionals: ["PATH"],
  options: { ...jsonOption },
  details: `${pathHelp}\nSecrets are printed as [redacted]. Exit code 1: there is no such value.`,
  example: "openclaw config get gateway.http.endpoints",
  async run({ options: { json }, positionals: [name] }, io) {
    const { loadConfig } = await import("../server/config/load.ts");
    const { getAt } = await import("../server/config/tree.ts");
    const value = getAt(loadConfig(getLoadOptions(io)).config, ...(await parsePath(name)));
    if (value === undefined) {
      io.err(`${name} is not set.`);
      return exitFailure;
    }
    const isText = typeof value === "string" && !json;
    io.out(isText ? value : JSON.stringify(value, null, 2));
    return exitOk;
  },
});

export const configSet = defineCommand({
  name: "config set",
  summary: "change a setting in the file",
  positionals: ["PATH", "VALUE"],
  options: {
    "strict-json": { description: "VALUE must be JSON; by default it may be JSON5 or plain text" },
    "dry-run": { description: "check the change and write nothing" },
  },
  details: writeHelp,
  example: "openclaw config set gateway.http.endpoints.responses.enabled true",
  async run({ options, positionals: [name, text] }, io) {
    const path = await parsePath(name);
    const value = options["strict-json"] ? parseJson(text) : await parseJson5(text);
    return changeFile(io, [{ path, value }], options["dry-run"]);
  },
});

export const configUnset = defineCommand({
  name: "config unset",
  summary: "remove a setting from the file",
  positionals: ["PATH"],
  options: { "dry-run": { description: "check the change and write nothing" } },
  details: writeHelp,
  example: "openclaw config unset gateway.auth.token",
  run: async ({ options, positionals: [name] }, io) =>
    changeFile(io, [{ path: await parsePath(name), value: undefined }], options["dry-run"]),
});

export const configFile = defineCommand({
  name: "config file",
  summary: "print the path of the file",
  positionals: [],
  options: { ...jsonOption },
  example: "openclaw config file",
  async run({ options: { json } }, io) {
    const { readFileContent } = await import("../server/config/config-file.ts");
    const { path } = readFileContent(getLoadOptions(io));
    io.out(json ? JSON.stringify({ path }) : path);
    return exitOk;
  },
});

export const configEdit = defineCommand({
  name: "config edit",
  summary: "open the file in an editor, and write it if it is valid",
  positionals: [],
  options: {},
  details:
    "The editor is VISUAL, EDITOR or vi. It gets a copy; an invalid one is kept, and its path is printed.",
  example: "EDITOR=nano openclaw config edit",
  async run(_, io) {
    const { readFileContent } = await import("../server/config/config-file.ts");
    const { text, hash } = readFileContent(getLoadOptions(io));
    const folder = await mkdtemp(join(tmpdir(), "openclaw-config-"));
    const copy = join(folder, "openclaw.json5");
    await writeFile(copy, text, { mode: 0o600 });
    await runEditor(io.env, copy);
    const edited = await readFile(copy, "utf8");
    if (edited !== text) {
      try {
        await write(io, () => edited, hash);
      } catch (error) {
        io.err(`Your changes are in ${copy}.`);
        throw error;
      }
    } else io.out("Nothing was changed.");
    await rm(folder, { recursive: true });
    return exitOk;
  },
});

async function changeFile(
  io: Io,
  edits: readonly { readonly path: Path; readonly value: unknown }[],
  isDryRun: boolean,
): Promise<number> {
  const { editJson5 } = await import("../server/config/edit-json5.ts");
  await write(io, (text) => editJson5(text, edits), undefined, isDryRun);
  return exitOk;
}

async function write(
  io: Io,
  edit: (text: string) => string,
  baseHash?: string,
  isDryRun = false,
): Promise<void> {
  const { changeConfigFile } = await import("../server/config/config-file.ts");
  const { listChangedSettings, needsRestart } = await import("../server/config/compare.ts");
  const { checkStartSettings } = await import("./start-settings.ts");
  const warnings: string[] = [];
  let restart: readonly string[] = [];
  const { loaded } = await changeConfigFile(getLoadOptions(io), edit, {
    baseHash,
    isDryRun,
    check: (before, after) => {
      checkStartSettings(after, (text) => warnings.push(text));
      if (before !== undefined)
        restart = listChangedSettings(before.config, after.config).filter(needsRestart);
    },
  });
  io.out(isDryRun ? `${loaded.path} would be valid.` : `${loaded.path} was written.`);
  for (const warning of [...loaded.warnings, ...warnings]) io.err(`Warning: ${warning}`);
  if (restart.length > 0) io.out(`Restart the gateway to apply ${restart.join(", ")}.`);
}

const getLoadOptions = (io: Io): { readonly env: NodeJS.ProcessEnv; readonly home: string } => ({
  env: io.env,
  home: io.env["HOME"] || homedir(),
});

async function parsePath(name: string): Promise<Path> {
  const { parseSettingPath } = await import("../server/config/setting-path.ts");
  const path = parseSettingPath(name);
  if (path === undefined) throw new UsageError(`${JSON.stringify(name)} is not the name of a setting`);
  return path;
}

async function parseJson5(text: string): Promise<unknown> {
  const { default: JSON5 } = await import("json5");
  try {
    return JSON5.parse<unknown>(text);
  } catch {
    return text;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`VALUE ${JSON.stringify(text)}: expected JSON`);
  }
}

/** The variable may have arguments. */
async function runEditor(env: NodeJS.ProcessEnv, file: string): Promise<void> {
  const editor = env["VISUAL"] || env["EDITOR"] || "vi";
  const child = spawn("sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit", env });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`the editor ${editor} ended with ${code}; nothing was changed`);
}
