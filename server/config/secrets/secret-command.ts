/** Runs the program of a provider of secrets: a JSON request on its input, a JSON answer on its output, no shell. */
import { execFile, spawnSync } from "node:child_process";
import { lstatSync, realpathSync } from "node:fs";
import type { SecretProvider } from "../../../contracts/config/secrets.ts";
import { isWithin } from "../../lib/is-within.ts";
import { describeErrorCode } from "../read-file.ts";
import { getAt, isPlainObject } from "../tree.ts";

export interface SecretCommand {
  readonly provider: string;
  readonly settings: SecretProvider & { readonly command: string };
  readonly ids: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

type SecretResult = { readonly value: string } | { readonly problem: string };

/** The value of each id, or why there is none. */
export type SecretResults = ReadonlyMap<string, SecretResult>;

/** Waits for the program: for commands, and for the start of the gateway. */
export function runSecretCommandSync(command: SecretCommand): SecretResults {
  const problem = findCommandProblem(command);
  if (problem !== undefined) return failAll(command, problem);
  const { settings } = command;
  const { error, status, stdout } = spawnSync(settings.command, settings.args, {
    ...toOptions(command),
    input: formatRequest(command),
  });
  // A program need not read its input.
  if (error !== undefined && describeErrorCode(error) !== "EPIPE")
    return failAll(command, describeFailure(error, settings.timeoutMs));
  return status === 0 ? readAnswer(command, stdout) : failAll(command, `ended with status ${status}`);
}

/** Does not block: for a running gateway. */
export function runSecretCommand(command: SecretCommand): Promise<SecretResults> {
  const problem = findCommandProblem(command);
  if (problem !== undefined) return Promise.resolve(failAll(command, problem));
  const { settings } = command;
  return new Promise((resolve) => {
    const child = execFile(settings.command, settings.args, toOptions(command), (error, stdout) => {
      if (error === null) resolve(readAnswer(command, stdout));
      else if (typeof error.code === "number") resolve(failAll(command, `ended with status ${error.code}`));
      else resolve(failAll(command, describeFailure(error, settings.timeoutMs)));
    });
    // A program that does not read its input closes the pipe.
    child.stdin?.on("error", () => {}).end(formatRequest(command));
  });
}

/** Stands for each secret of a program that is not started. */
export const skippedSecret = "not-resolved-by-this-check";

/** For a check that starts no program: every value is a placeholder. */
export function skipSecretCommand({ ids }: SecretCommand): SecretResults {
  return new Map(ids.map((id) => [id, { value: skippedSecret }]));
}

function toOptions({ settings, env }: SecretCommand) {
  const passed = settings.passEnv.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
  return {
    env: { ...Object.fromEntries(passed), ...settings.env } as NodeJS.ProcessEnv,
    timeout: settings.timeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: settings.maxOutputBytes,
    encoding: "utf8",
    shell: false,
  } as const;
}

const formatRequest = ({ provider, ids }: SecretCommand): string =>
  JSON.stringify({ protocolVersion: 1, provider, ids });

function readAnswer({ settings, ids }: SecretCommand, stdout: string): SecretResults {
  const answer = parseJson(stdout);
  const text = stdout.trim();
  const readValue = (id: string): SecretResult => {
    const value = getAt(answer, "values", id);
    if (typeof value === "string" && value !== "") return { value };
    const isPlainText = !settings.jsonOnly && ids.length === 1 && answer === undefined && text !== "";
    if (isPlainText) return { value: text };
    const code = getAt(answer, "errors", id, "code");
    return { problem: typeof code === "string" ? `answered ${code.slice(0, 64)}` : "has no such secret" };
  };
  return new Map(ids.map((id) => [id, readValue(id)]));
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function failAll({ ids }: SecretCommand, problem: string): SecretResults {
  return new Map(ids.map((id) => [id, { problem }]));
}

function describeFailure(error: Error, timeoutMs: number): string {
  const code = describeErrorCode(error);
  if (code === "ETIMEDOUT" || ("killed" in error && error.killed === true))
    return `took longer than ${timeoutMs} ms`;
  return /ENOBUFS|MAXBUFFER/.test(code) ? "printed too much" : `could not be started: ${code}`;
}

/** Another user who can change the program could read every secret. */
function findCommandProblem({ settings: { command, trustedDirs } }: SecretCommand): string | undefined {
  try {
    const stat = lstatSync(command);
    if (stat.isSymbolicLink()) return "is a symbolic link; name the program itself";
    if (!stat.isFile()) return "is not a file";
    if ((stat.mode & 0o022) !== 0) return "can be changed by others: chmod go-w";
    if (stat.uid !== 0 && stat.uid !== process.getuid?.()) return "belongs to another user";
    const path = realpathSync(command);
    if (trustedDirs !== undefined && !trustedDirs.some((folder) => isWithin(folder, path)))
      return "is not in one of trustedDirs";
    return undefined;
  } catch (error) {
    return `cannot be used: ${describeErrorCode(error)}`;
  }
}
