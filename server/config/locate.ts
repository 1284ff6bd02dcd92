/** Finds the configuration file and the state folder. */
import { isAbsolute, join, resolve } from "node:path";

interface ConfigLocation {
  readonly file: string;
  /** Whether `OPENCLAW_CONFIG_PATH` names the file. Then it must exist. */
  readonly isExplicit: boolean;
  readonly stateDir: string;
}

export function locateConfig(env: NodeJS.ProcessEnv, home: string, cwd: string): ConfigLocation {
  const stateDir = resolvePath(env["OPENCLAW_STATE_DIR"] || "~/.openclaw", home, cwd);
  const explicitPath = env["OPENCLAW_CONFIG_PATH"] || undefined;
  const file =
    explicitPath === undefined ? join(stateDir, "openclaw.json") : resolvePath(explicitPath, home, cwd);
  return { file, isExplicit: explicitPath !== undefined, stateDir };
}

/** Returns an absolute path. `~` is the home folder; a relative path is relative to `base`. */
export function resolvePath(path: string, home: string, base: string): string {
  if (path === "~") return home;
  if (path.startsWith("~/")) return join(home, path.slice(2));
  return isAbsolute(path) ? path : resolve(base, path);
}
