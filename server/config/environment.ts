/** Environment variables in the configuration: `${VAR}` in strings, and the port. */
import type { Config } from "../../contracts/config/config.ts";
import { ConfigError } from "../lib/config-error.ts";

interface SubstitutionReports {
  /** The variable is not set or empty. */
  readonly reportMissing: (name: string) => void;
  /** A shell's operator follows the name, as in `${VAR:-default}`. */
  readonly reportOperator: (name: string) => void;
}

/** Replaces `${VAR}` with the variable's value. `$${VAR}` gives the text `${VAR}`. Any other `$` is unchanged. */
export function substituteVariables(
  text: string,
  env: NodeJS.ProcessEnv,
  { reportMissing, reportOperator }: SubstitutionReports,
): string {
  return text.replace(
    /(\$?)\$\{([A-Z_][A-Z0-9_]*)((?::[-=?+]|[-=?+])[^}]*)?\}/g,
    (match, escape: string, name: string, operator = "") => {
      if (escape !== "") return match.slice(1);
      if (operator !== "") {
        reportOperator(name);
        return match;
      }
      const value = env[name];
      if (value) return value;
      reportMissing(name);
      return match;
    },
  );
}

/** Returns the port to listen on: the flag, else `OPENCLAW_GATEWAY_PORT`, else the file. */
export function resolveListenPort(flag: number | undefined, env: NodeJS.ProcessEnv, config: Config): number {
  if (flag !== undefined) return flag;
  const text = env["OPENCLAW_GATEWAY_PORT"];
  if (!text) return config.gateway.port;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Infinity;
  if (port <= 65_535) return port;
  throw new ConfigError("the environment", [
    { path: "OPENCLAW_GATEWAY_PORT", message: "expected a port from 0 to 65535" },
  ]);
}
