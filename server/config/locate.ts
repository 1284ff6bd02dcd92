/** Where the configuration file and the state folder are. */
import { isAbsolute, join, resolve } from "node:path";

interface Places {
  readonly file: string;
  /** Was the file asked for by name? Then it has to exist. */
  readonly named: boolean;
  readonly stateDir: string;
}

export function locate(env: NodeJS.ProcessEnv, home: string, cwd: string): Places {
  const stateDir = resolvePath(env["OPENCLAW_STATE_DIR"] || "~/.openclaw", home, cwd);
  const named = env["OPENCLAW_CONFIG_PATH"] || undefined;
  const file = named === undefined ? join(stateDir, "openclaw.json") : resolvePath(named, home, cwd);
  return { file, named: named !== undefined, stateDir };
}

/** An absolute path; `~` is the home folder, anything else counts from `base`. */
export function resolvePath(path: string, home: string, base: string): string {
  if (path === "~") return home;
  if (path.startsWith("~/")) return join(home, path.slice(2));
  return isAbsolute(path) ? path : resolve(base, path);
}
