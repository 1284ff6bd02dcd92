/** The systemd unit of a user, from the template of the system's one: `deploy/systemd/openclaw-gateway.service`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const unitName = "openclaw-gateway.service";

/**
 * Only the system's manager can apply these. For a user's unit some of them would imply a user namespace, in which the
 * sandbox of commands does not run.
 */
const systemOnly =
  /^(User|Group|EnvironmentFile|StateDirectory|StateDirectoryMode|Private\w+|Protect\w+|\w+Capabilities|CapabilityBoundingSet)=/;

interface UnitOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** `packageRoot` has the template. */
export function formatUserUnit(packageRoot: string, { command, env }: UnitOptions): string {
  const template = readFileSync(join(packageRoot, "deploy/systemd", unitName), "utf8");
  const variables = Object.entries(env).map(([name, value]) => `Environment=${quote(`${name}=${value}`)}`);
  const lines = template
    .split("\n")
    .filter((line) => !line.startsWith("#") && !systemOnly.test(line) && !line.startsWith("Environment="))
    .flatMap((line) => {
      if (line.startsWith("ExecStart="))
        return [`ExecStart=${command.map(quoteArgument).join(" ")}`, ...variables];
      return [line.startsWith("WantedBy=") ? "WantedBy=default.target" : line];
    });
  return `# Written by \`openclaw gateway install\`, which replaces it with --force.\n${lines.join("\n").trimEnd()}\n`;
}

/** Where the unit of this user lies. */
export function getUnitPath(env: NodeJS.ProcessEnv, home: string): string {
  return join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "systemd/user", unitName);
}

/** https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html#Quoting; `%` begins a specifier. */
function quote(text: string): string {
  const escaped = text
    .replaceAll(/["\\]/g, String.raw`\$&`)
    .replaceAll("%", "%%")
    .replaceAll("\n", String.raw`\n`);
  return `"${escaped}"`;
}

/** In a command line `$` begins a variable. */
const quoteArgument = (text: string): string => quote(text).replaceAll("$", "$$$$");
