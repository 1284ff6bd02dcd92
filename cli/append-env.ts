/** Adds variables to `.env` of the state folder. What is in it stays, and a copy is made before a change. */
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";

export interface AppendedEnv {
  readonly path: string;
  readonly added: readonly string[];
  /** Names that the file has already. */
  readonly kept: readonly string[];
  readonly copy: string | undefined;
}

/** Creates the file with a comment, for its owner only. An existing one stays as it is. */
export function createEnvFile(stateDir: string): void {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const path = join(stateDir, ".env");
  if (existsSync(path)) return;
  writeFileSync(path, "# Variables for the gateway, such as OPENAI_API_KEY=…\n", { mode: 0o600 });
}

/** Returns what `appendEnv` would do. */
export function planEnv(stateDir: string, names: readonly string[]): Omit<AppendedEnv, "copy"> {
  const path = join(stateDir, ".env");
  const present = existsSync(path) ? parseEnv(readFileSync(path, "utf8")) : {};
  const isPresent = (name: string): boolean => present[name] !== undefined;
  return { path, added: names.filter((name) => !isPresent(name)), kept: names.filter(isPresent) };
}

export function appendEnv(stateDir: string, variables: Readonly<Record<string, string>>): AppendedEnv {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const plan = planEnv(stateDir, Object.keys(variables));
  if (plan.added.length === 0) return { ...plan, copy: undefined };
  const { path } = plan;
  const hasFile = existsSync(path);
  const copy = hasFile ? `${path}.${new Date().toISOString().replaceAll(/[:.]/g, "-")}` : undefined;
  if (copy !== undefined) {
    copyFileSync(path, copy);
    chmodSync(copy, 0o600);
  }
  const separator = hasFile && !/(?:^|\n)$/.test(readFileSync(path, "utf8")) ? "\n" : "";
  const lines = plan.added.map((name) => `${name}=${quote(variables[name] ?? "")}\n`);
  appendFileSync(path, separator + lines.join(""), { mode: 0o600 });
  chmodSync(path, 0o600);
  return { ...plan, copy };
}

/** Quotes a value as `util.parseEnv` reads it. */
function quote(value: string): string {
  if (/^[\w./:@+=-]*$/.test(value)) return value;
  const mark = ["'", '"', "`"].find((candidate) => !value.includes(candidate));
  if (mark === undefined) throw new Error("a value with all kinds of quotes cannot be written to .env");
  return mark + value + mark;
}
