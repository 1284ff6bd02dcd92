/** The environment of commands: the gateway's own, without its secrets and what is meant for the gateway alone. */

type Environment = Readonly<Record<string, string>>;

/** What a command's processes are known by, wherever they go. */
export const markName = "OPENCLAW_EXEC_MARK";

/** `…_TOKEN`, `PGPASSWORD`, `AWS_…`: by its name alone, a variable like these is taken for a secret. */
const secretNames: readonly RegExp[] = [
  /(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|COOKIE|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)S?(?:_|$)/i,
  /_(?:KEYS?|AUTH|PASS|PAT|PWD|DSN)$/i,
  /^(?:AWS|AZURE)_/i,
];

/** Meant for the gateway's own process. What npm adds may hold the keys of registries. */
const ownNames = /^(?:OPENCLAW_|NODE_OPTIONS$|NODE_CHANNEL_|NODE_UNIQUE_ID$|BASH_ENV$|ENV$|npm_)/i;

const urlWithPassword = /:\/\/[^/\s:@]*:[^/\s@]+@/;

/** Shorter secrets are looked for as whole values only: within others they may stand by chance. */
const shortest = 8;

/** `secrets` are those of the configuration, wherever they came from. */
export function cleanEnvironment(env: NodeJS.ProcessEnv, secrets: readonly string[]): Environment {
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || ownNames.test(name)) continue;
    if (secretNames.some((pattern) => pattern.test(name))) continue;
    if (urlWithPassword.test(value)) continue;
    if (secrets.some((secret) => holds(value, secret))) continue;
    clean[name] = value;
  }
  return clean;
}

function holds(value: string, secret: string): boolean {
  return secret.length < shortest ? secret !== "" && value === secret : value.includes(secret);
}

const plainNames = /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|COLORTERM|NO_COLOR)$/;

/** All that a sandbox needs to know of the outside. */
export function plainEnvironment(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => plainNames.test(name)));
}

/** These change which programs run, or what is loaded into them, behind the command's back. */
const steeringNames =
  /^(?:PATH|IFS|ENV|BASH_ENV|BASHOPTS|SHELLOPTS|PS4|NODE_OPTIONS|NODE_PATH|PYTHONPATH|PYTHONHOME|PYTHONSTARTUP|PERL5LIB|PERL5OPT|RUBYLIB|RUBYOPT|GCONV_PATH|SSLKEYLOGFILE|(?:LD|DYLD|OPENCLAW)_.*)$/;

/** What is wrong with the variables that a call wants to set. */
export function environmentFault(env: Environment): string | undefined {
  for (const [name, value] of Object.entries(env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      return `env: ${JSON.stringify(name)} is no name of a variable. Use letters, digits and _.`;
    }
    if (steeringNames.test(name.toUpperCase())) {
      return `env: ${name} may not be set here, because it changes which programs run or what they load.`;
    }
    if (value.includes("\0")) return `env: the value of ${name} has a zero byte in it.`;
  }
  return undefined;
}
