/** The options before the command: the profile, the colours and the log level. They become environment variables. */
import { join } from "node:path";
import { ConfigError } from "../server/lib/config-error.ts";

export interface GlobalOptions {
  /** The command and its own arguments. */
  readonly args: readonly string[];
  /** Variables to set; undefined removes one. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Why the options are invalid. */
  readonly error?: string;
}

const devPort = "19001";
const logLevels = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;

export function readGlobalOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  home: string,
): GlobalOptions {
  const changes: Record<string, string | undefined> = {};
  // The variable chooses a folder only where no other one does. The option replaces what the environment says.
  const inherited = env["OPENCLAW_PROFILE"];
  if (inherited && !env["OPENCLAW_STATE_DIR"] && !env["OPENCLAW_CONFIG_PATH"] && inherited !== "default") {
    if (!isProfileName(inherited))
      return { args, env: {}, error: describeName("OPENCLAW_PROFILE", inherited) };
    changes["OPENCLAW_STATE_DIR"] = getProfileFolder(home, inherited);
  }
  let rest = [...args];
  const useFolder = (name: string): void => {
    changes["OPENCLAW_STATE_DIR"] = getProfileFolder(home, name);
    changes["OPENCLAW_CONFIG_PATH"] = undefined;
  };
  for (;;) {
    const [word = "", next] = rest;
    const [, option = word, inline] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? [];
    const value = inline ?? next;
    const skip = (words: number): void => void (rest = rest.slice(words));
    if (option === "--profile") {
      if (value === undefined || !isProfileName(value)) {
        return { args: rest, env: {}, error: describeName("--profile", value ?? "") };
      }
      if (value === "default") {
        changes["OPENCLAW_STATE_DIR"] = undefined;
        changes["OPENCLAW_CONFIG_PATH"] = undefined;
      } else useFolder(value);
      skip(inline === undefined ? 2 : 1);
    } else if (option === "--log-level") {
      if (!logLevels.some((level) => level === value)) {
        return { args: rest, env: {}, error: `--log-level: expected one of ${logLevels.join(", ")}` };
      }
      changes["OPENCLAW_LOG_LEVEL"] = value;
      skip(inline === undefined ? 2 : 1);
    } else if (word === "--dev") {
      useFolder("dev");
      changes["OPENCLAW_GATEWAY_PORT"] = devPort;
      skip(1);
    } else if (word === "--no-color") {
      changes["NO_COLOR"] = "1";
      changes["FORCE_COLOR"] = undefined;
      skip(1);
    } else return { args: rest, env: changes };
  }
}

/** Returns the level that the environment sets instead of the configuration. Throws for an unknown one. */
export function readLogLevel({
  OPENCLAW_LOG_LEVEL: text,
}: NodeJS.ProcessEnv): (typeof logLevels)[number] | undefined {
  if (!text) return undefined;
  const level = logLevels.find((candidate) => candidate === text);
  if (level !== undefined) return level;
  const message = `expected one of ${logLevels.join(", ")}`;
  throw new ConfigError("the environment", [{ path: "OPENCLAW_LOG_LEVEL", message }]);
}

const getProfileFolder = (home: string, name: string): string => join(home, `.openclaw-${name}`);

const isProfileName = (name: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$/.test(name);

const describeName = (source: string, name: string): string =>
  `${source}: expected a name of letters, digits, - and _, got ${JSON.stringify(name)}`;

/** Whether the arguments, without global options, run a gateway in this process. */
export function startsGateway([first, second]: readonly string[]): boolean {
  return first === "gateway" && (second === undefined || second.startsWith("-") || second === "run");
}
