/** The environment of commands: the gateway's own, without secrets and variables for the gateway itself. */
import { isSecretVariable } from "../../lib/secret-variables.ts";

type Environment = Readonly<Record<string, string>>;

/** The variable that identifies the processes of a command, including daemons in other sessions. */
export const markVariable = "OPENCLAW_EXEC_MARK";

/** Variables for the gateway's own process. npm's variables can contain registry tokens. */
const gatewayNames = /^(?:OPENCLAW_|NODE_OPTIONS$|NODE_CHANNEL_|NODE_UNIQUE_ID$|BASH_ENV$|ENV$|npm_)/i;

/** Shorter secrets must equal the whole value, because they can be part of other values by chance. */
const minPartialLength = 8;

/** `secrets` are the secret values of the configuration, from any source. */
export function cleanEnvironment(env: NodeJS.ProcessEnv, secrets: readonly string[]): Environment {
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || gatewayNames.test(name)) continue;
    if (isSecretVariable(name, value)) continue;
    if (secrets.some((secret) => containsSecret(value, secret))) continue;
    clean[name] = value;
  }
  return clean;
}

function containsSecret(value: string, secret: string): boolean {
  return secret.length < minPartialLength ? secret !== "" && value === secret : value.includes(secret);
}

const sandboxNames = /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|COLORTERM|NO_COLOR)$/;

/** Returns only the variables that commands in a sandbox need. */
export function createSandboxEnvironment(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => sandboxNames.test(name)));
}

/**
 * Nobody sits before a command: git must neither open an editor or a pager, nor ask for a password. With `true` as the editor
 * a commit without a message ends at once, and a merge keeps its own.
 */
export const unattendedEnvironment: Environment = {
  GIT_EDITOR: "true",
  GIT_PAGER: "cat",
  GIT_TERMINAL_PROMPT: "0",
  PAGER: "cat",
};

/** Variables that change which programs run or which code they load. */
const forbiddenNames =
  /^(?:PATH|IFS|ENV|BASH_ENV|BASHOPTS|SHELLOPTS|PS4|NODE_OPTIONS|NODE_PATH|PYTHONPATH|PYTHONHOME|PYTHONSTARTUP|PERL5LIB|PERL5OPT|RUBYLIB|RUBYOPT|GCONV_PATH|SSLKEYLOGFILE|(?:LD|DYLD|OPENCLAW)_.*)$/;

/** Returns what is wrong with the variables of a call; undefined if they are allowed. */
export function findEnvironmentError(env: Environment): string | undefined {
  for (const [name, value] of Object.entries(env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      return `env: ${JSON.stringify(name)} is not a valid variable name. Use letters, digits and _.`;
    }
    if (forbiddenNames.test(name.toUpperCase())) {
      return `env: ${name} cannot be set here: it changes which programs run or what they load.`;
    }
    if (value.includes("\0")) return `env: the value of ${name} contains a NUL byte.`;
  }
  return undefined;
}
