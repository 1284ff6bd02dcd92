/** The environment of a server's process: what every program needs and what is configured, nothing else of the gateway's. */
import { DEFAULT_INHERITED_ENV_VARS } from "@modelcontextprotocol/client/stdio";
import { reveal, type Secret } from "../../../contracts/config/secret.ts";

const inherited = [...DEFAULT_INHERITED_ENV_VARS, "LANG", "LC_ALL", "TMPDIR", "TZ"];

export function serverEnvironment(
  env: NodeJS.ProcessEnv,
  configured: Readonly<Record<string, Secret>>,
): Record<string, string> {
  const passed = inherited.flatMap((name) => {
    const value = env[name];
    // A value that begins so is a function of the shell.
    return value === undefined || value.startsWith("()") ? [] : [[name, value] as const];
  });
  const added = Object.entries(configured).map(([name, secret]) => [name, reveal(secret)] as const);
  return Object.fromEntries([...passed, ...added]);
}
