/** The compile cache: V8's compiled code in the state folder, which halves the time of a start. */
import { existsSync, lstatSync, mkdirSync } from "node:fs";
import { enableCompileCache, getCompileCacheDir } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { locateConfig } from "../server/config/locate.ts";

/**
 * Enables the cache for the modules that are imported from now on. Does nothing when NODE_COMPILE_CACHE has enabled one,
 * or when the folder cannot be used. Only the gateway creates the state folder: other commands leave no files behind.
 */
export function enableStateCompileCache(isGateway: boolean, env: NodeJS.ProcessEnv): void {
  if (getCompileCacheDir() !== undefined) return;
  try {
    const { stateDir } = locateConfig(env, env["HOME"] || homedir(), process.cwd());
    if (isGateway) mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const folder = join(stateDir, "compile-cache");
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    if (isPrivate(folder)) enableCompileCache(folder);
  } catch {
    // A start without a cache is slower, and otherwise the same.
  }
}

/** Node runs what the cache contains, so nobody else may be able to write to it. Windows has no such modes. */
function isPrivate(folder: string): boolean {
  const stats = lstatSync(folder);
  if (!stats.isDirectory()) return false;
  return process.getuid === undefined || (stats.uid === process.getuid() && (stats.mode & 0o077) === 0);
}
