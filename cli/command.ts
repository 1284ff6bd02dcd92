/** The commands by name, their help, and what is said of a wrong one. */
import { nearest } from "../server/nearest.ts";
import { packageVersion } from "../server/package.ts";
import { runConfig } from "./config.ts";
import { runGatewayCommand } from "./gateway.ts";

/** What a command may touch of the process it runs in. */
export interface Io {
  readonly env: NodeJS.ProcessEnv;
  out(line: string): void;
  err(line: string): void;
}

/** A command answers `--help` itself and resolves to its exit code: 0 done, 1 failed, 2 usage, 78 configuration. */
interface Command {
  readonly summary: string;
  run(args: readonly string[], io: Io): Promise<number>;
}

const commands: Readonly<Record<string, Command>> = {
  gateway: { summary: "run the gateway", run: runGatewayCommand },
  config: { summary: "check the configuration, or print its schema", run: runConfig },
};

const overview = [
  "openclaw: AI agents behind the OpenAI API",
  "",
  "Usage: openclaw <command> [options]",
  "",
  ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`),
  "",
  "openclaw <command> --help says more of one. openclaw --version prints the version.",
  "",
  "Example: openclaw gateway --port 18789",
].join("\n");

export async function runCommand(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args[0] === "help" && args[1] !== undefined ? [args[1], "--help"] : args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    io.out(overview);
    return name === undefined ? 2 : 0;
  }
  if (name === "--version" || name === "-v") {
    io.out(packageVersion);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    const meant = nearest(name, Object.keys(commands));
    io.err(`openclaw: unknown command "${name}"${meant === undefined ? "" : `; did you mean "${meant}"?`}`);
    io.err("openclaw --help lists the commands.");
    return 2;
  }
  return command.run(rest, io);
}
