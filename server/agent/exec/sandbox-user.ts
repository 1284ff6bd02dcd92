/** Finds the unprivileged user that sandboxed commands run as when the gateway runs as root. */
import { readFileSync } from "node:fs";
import type { Config } from "../../../contracts/config/config.ts";
import { ConfigError } from "../../lib/config-error.ts";

export interface SandboxUser {
  readonly uid: number;
  readonly gid: number;
}

interface Account extends SandboxUser {
  readonly name: string;
}

/** Returns undefined if commands keep the gateway's user: it is not root, or the sandbox is off. */
export function findSandboxUser(
  { sandbox, sandboxUser }: Config["tools"]["exec"],
  { isRoot = process.getuid?.() === 0, passwdFile = "/etc/passwd" } = {},
): SandboxUser | undefined {
  if (sandbox === "off" || !isRoot) return undefined;
  const accounts = readAccounts(passwdFile);
  const uid = typeof sandboxUser === "number" ? sandboxUser : parseUid(sandboxUser);
  const account = accounts.find((one) => (uid === undefined ? one.name === sandboxUser : one.uid === uid));
  if (account === undefined && uid === undefined) {
    throw createError(`there is no user "${sandboxUser}" on this machine; use a uid, such as 65534`);
  }
  const user = { uid: account?.uid ?? uid ?? 0, gid: account?.gid ?? uid ?? 0 };
  if (user.uid === 0 || user.gid === 0) {
    throw createError("commands cannot run as root in the sandbox; use an unprivileged user, such as 65534");
  }
  return user;
}

function parseUid(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** An image without the file has no names, but a uid works there. */
function readAccounts(file: string): readonly Account[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.split(":"))
      .map(([name = "", , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
      .filter(({ uid, gid }) => Number.isInteger(uid) && Number.isInteger(gid));
  } catch {
    return [];
  }
}

function createError(message: string): ConfigError {
  return new ConfigError("the file and this machine together", [{ path: "tools.exec.sandboxUser", message }]);
}
