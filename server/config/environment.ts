/** What the environment adds to the file: `${VAR}` in texts, and the port. */
import type { Config } from "../../contracts/config/config.ts";
import { ConfigError } from "./config-error.ts";

/** `${VAR}` becomes the variable's value; `$${VAR}` stays `${VAR}`; any other `$` is left alone. */
export function substitute(text: string, env: NodeJS.ProcessEnv, missing: (name: string) => void): string {
  return text.replace(/(\$?)\$\{([A-Z_][A-Z0-9_]*)\}/g, (whole, escape: string, name: string) => {
    if (escape !== "") return whole.slice(1);
    const value = env[name];
    if (value) return value;
    missing(name);
    return whole;
  });
}

/** The port to listen on: the flag, else `OPENCLAW_GATEWAY_PORT`, else the file. */
export function listenPort(flag: number | undefined, env: NodeJS.ProcessEnv, config: Config): number {
  if (flag !== undefined) return flag;
  const text = env["OPENCLAW_GATEWAY_PORT"];
  if (!text) return config.gateway.port;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Infinity;
  if (port <= 65_535) return port;
  throw new ConfigError("the environment", [
    { path: "OPENCLAW_GATEWAY_PORT", message: "expected a port from 0 to 65535" },
  ]);
}
