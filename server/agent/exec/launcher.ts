/** Starts commands as the configuration says: their shell, environment and sandbox. Ends them all with the gateway. */
import { randomUUID } from "node:crypto";
import { delimiter } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Config } from "../../../contracts/config/config.ts";
import type { Log } from "../types.ts";
import { startCommand, type Command } from "./command.ts";
import { cleanEnvironment, markName, plainEnvironment } from "./environment.ts";
import { createProcessTable } from "./process-table.ts";
import { openSandbox } from "./sandbox.ts";
import { findShell } from "./shell.ts";

export interface LauncherParts {
  readonly settings: Config["tools"]["exec"];
  /** The gateway's own. */
  readonly env: NodeJS.ProcessEnv;
  /** Those of the configuration and the gateway's own: no variable that holds one is handed on. */
  readonly secrets: readonly string[];
  /** What the sandbox hides: home, the state folder, the configuration's folder and files. */
  readonly hidden: readonly string[];
  readonly log: Log;
}

interface CommandRequest {
  readonly text: string;
  /** A real path, as `workspace`. */
  readonly folder: string;
  readonly workspace: string;
  /** On top of what all commands have. */
  readonly env: Readonly<Record<string, string>>;
  readonly takesInput: boolean;
  readonly timeoutMs: number;
  readonly onOutput: (text: string) => void;
}

export interface Launcher {
  /** Rejects, in words for a model, when the command cannot be started. */
  start(request: CommandRequest): Promise<Command>;
  /** Ends every command; none starts any more. */
  close(): Promise<void>;
}

const usualPath = ["/usr/local/bin", "/usr/bin", "/bin"].join(delimiter);

export function createLauncher({ settings, env, secrets, hidden, log }: LauncherParts): Launcher {
  const shell = findShell(env["PATH"]);
  const clean = cleanEnvironment(env, secrets);
  const path = [...settings.pathPrepend, clean["PATH"] ?? usualPath].join(delimiter);
  const listProcesses = createProcessTable();
  const running = new Set<Command>();
  let lastTurn: Promise<unknown> = Promise.resolve();
  let closed = false;

  /** To start a process keeps everybody waiting, the more so many at once: in between others get their turn. */
  const ownTurn = (): Promise<unknown> => (lastTurn = lastTurn.then(() => setImmediate()));
  const trial = shell.argv("exit 0");
  const opening = openSandbox({ setting: settings.sandbox, path: env["PATH"], hidden, trial, log });
  // Told to whoever wants to run a command.
  opening.catch(() => {});

  const forget = async (command: Command): Promise<void> => {
    const { allGone } = await command.ended;
    running.delete(command);
    if (!allGone) log.error("a process of a command could not be ended", { pid: command.pid });
  };

  return {
    async start({ text, folder, workspace, takesInput, timeoutMs, onOutput, env }) {
      const sandbox = await opening;
      await ownTurn();
      if (closed) throw new Error("The gateway is stopping.");
      const argv = shell.argv(text);
      const mark = randomUUID();
      const command = await startCommand({
        argv: shell.inOnePipe(sandbox?.around(argv, { workspace, folder }) ?? argv),
        folder,
        env: {
          ...(sandbox === undefined ? clean : plainEnvironment(clean)),
          ...env,
          PATH: path,
          [markName]: mark,
        },
        mark,
        takesInput,
        timeoutMs,
        maxOutputBytes: settings.maxOutputBytes,
        listProcesses,
        onOutput,
      }).catch((error: unknown) => {
        throw new Error(startFault(error), { cause: error });
      });
      running.add(command);
      if (closed) command.stop("shutdown");
      void forget(command);
      return command;
    },
    async close() {
      closed = true;
      for (const command of running) command.stop("shutdown");
      await Promise.all([...running].map(({ ended }) => ended));
    },
  };
}

const startFaults: Readonly<Record<string, string>> = {
  E2BIG: "The command is too long for the system. Write it to a file, and run that.",
  EACCES: "The command's folder may not be entered.",
  EAGAIN: "The system has no room for another process just now.",
  EMFILE: "The system has no room for another process just now.",
  ENFILE: "The system has no room for another process just now.",
  ENOMEM: "The system has no room for another process just now.",
};

function startFault(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return startFaults[code] ?? `The command could not be started (${code}).`;
}
