/** Checks who else can read or change the files of the gateway. Windows has no such modes. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { quoteForShell } from "../quote-for-shell.ts";
import type { Finding } from "./finding.ts";

const othersMayRead = 0o044;
const othersMayWrite = 0o022;
/** Files of the state folder that have secrets or conversations. */
const privateFiles = [".env", "gateway-token", "sessions.sqlite", "chat-history", "encryption.key"];

export function checkPermissions(stateDir: string, configFile: string): readonly Finding[] {
  if (process.getuid === undefined) return [];
  const copies = listNames(stateDir).filter((name) => name.startsWith(".env."));
  return [
    ...checkWrites("fs.state_dir.perms_writable", stateDir, "The state folder"),
    ...checkReads("fs.state_dir.perms_readable", stateDir, "The state folder", "warning", "700"),
    ...checkWrites("fs.config.perms_writable", configFile, "The configuration"),
    ...checkReads("fs.config.perms_world_readable", configFile, "The configuration", "warning", "600"),
    ...[...privateFiles, ...copies].flatMap((name) =>
      checkReads(
        `fs.${name.replace(/^\./, "")}.perms_readable`,
        join(stateDir, name),
        `The file ${name}`,
        "error",
        "600",
      ),
    ),
  ];
}

function checkWrites(checkId: string, path: string, what: string): readonly Finding[] {
  const mode = readMode(path);
  if (mode === undefined || (mode & othersMayWrite) === 0) return [];
  const message = `${what} can be changed by other users: ${path}`;
  return [{ checkId, severity: "error", message, path, fixHint: `chmod go-w ${quoteForShell(path)}` }];
}

function checkReads(
  checkId: string,
  path: string,
  what: string,
  severity: Finding["severity"],
  right: string,
): readonly Finding[] {
  const mode = readMode(path);
  if (mode === undefined || (mode & othersMayRead) === 0) return [];
  const message = `${what} can be read by other users: ${path}`;
  return [{ checkId, severity, message, path, fixHint: `chmod ${right} ${quoteForShell(path)}` }];
}

function readMode(path: string): number | undefined {
  try {
    return statSync(path).mode;
  } catch {
    return undefined;
  }
}

function listNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
