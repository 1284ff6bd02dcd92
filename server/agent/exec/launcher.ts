/** Starts commands with the configured shell, environment and sandbox. Ends all of them with the gateway. */
import { randomUUID } from "node:crypto";
import { delimiter } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Config } from "../../../contracts/config/config.ts";
import type { Log } from "../../lib/ports.ts";
import { startCommand, type Command } from "./command.ts";
import { cleanEnvironment, markVariable, createSandboxEnvironment } from "./environment.ts";
import { createProcessTable } from "./process-table.ts";
import { openSandbox } from "./sandbox.ts";
import type { SandboxUser } from "./sandbox-user.ts";
import { findShell } from "./shell.ts";

export interface LauncherDeps {
  readonly settings: Config["tools"]["exec"];
  /** The gateway's own environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Secrets of the configuration and the gateway. Variables that contain one are not passed on. */
  readonly secrets: readonly string[];
  /** Folders and files that the sandbox hides, such as home, the state folder and the configuration. */
  readonly hiddenPaths: readonly string[];
  /** The user of sandboxed commands. Undefined if the gateway does not run as root. */
  readonly sandboxUser: SandboxUser | undefined;
  readonly log: Log;
}

interface CommandRequest {
  readonly text: string;
  /** A real path, like `workspace`. */
  readonly folder: string;
  readonly workspace: string;
  /** In addition to the environment of all commands. */
  readonly env: Readonly<Record<string, string>>;
  readonly hasInput: boolean;
  readonly timeoutMs: number;
  readonly onOutput: (text: string) => void;
}

export interface Launcher {
  /** Rejects with a message for the model if the command cannot be started. */
  start(request: CommandRequest): Promise<Command>;
  /** Ends every command. No command starts after this. */
  close(): Promise<void>;
}

const defaultPath = ["/usr/local/bin", "/usr/bin", "/bin"].join(delimiter);

export function createLauncher(deps: LauncherDeps): Launcher {
  const { settings, env, secrets, hiddenPaths, sandboxUser, log } = deps;
  const shell = findShell(env["PATH"]);
  const inherited = cleanEnvironment(env, secrets);
  const path = [...settings.pathPrepend, inherited["PATH"] ?? defaultPath].join(delimiter);
  const listProcesses = createProcessTable();
  const running = new Set<Command>();
  let lastStart: Promise<unknown> = Promise.resolve();
  let closed = false;

  /** Starting a process blocks the event loop. This lets other work run between two starts. */
  const waitForTurn = (): Promise<unknown> => (lastStart = lastStart.then(() => setImmediate()));
  const sandboxReady = openSandbox({
    setting: settings.sandbox,
    path: env["PATH"],
    hiddenPaths,
    createArgv: shell.createArgv,
    user: sandboxUser,
    log,
  });
  // `start` reports the error to its caller.
  sandboxReady.catch(() => {});

  const untrackWhenEnded = async (command: Command): Promise<void> => {
    const { isTreeEnded } = await command.ended;
    running.delete(command);
    if (!isTreeEnded) log.error("a process of a command could not be ended", { pid: command.pid });
  };

  return {
    async start({ text, folder, workspace, hasInput, timeoutMs, onOutput, env }) {
      const sandbox = await sandboxReady;
      const shellArgv = shell.createArgv(text);
      const argv = (await sandbox?.wrap(shellArgv, { workspace, folder })) ?? shellArgv;
      await waitForTurn();
      if (closed) throw new Error("The gateway is stopping.");
      const mark = randomUUID();
      const command = await startCommand({
        argv: shell.mergeOutput(argv, { isForOtherUser: sandbox !== undefined && sandboxUser !== undefined }),
        folder,
        env: {
          ...(sandbox === undefined ? inherited : createSandboxEnvironment(inherited)),
          ...env,
          PATH: path,
          [markVariable]: mark,
        },
        mark,
        hasInput,
        timeoutMs,
        maxOutputBytes: settings.maxOutputBytes,
        listProcesses,
        onOutput,
      }).catch((error: unknown) => {
        throw new Error(describeStartError(error), { cause: error });
      });
      running.add(command);
      if (closed) command.stop("shutdown");
      void untrackWhenEnded(command);
      return command;
    },
    async close() {
      closed = true;
      for (const command of running) command.stop("shutdown");
      await Promise.all([...running].map(({ ended }) => ended));
    },
  };
}

const startErrors: Readonly<Record<string, string>> = {
  E2BIG: "The command is too long for the system. Write it to a file, and run that.",
  EACCES: "The command's folder cannot be entered: permission denied.",
  EAGAIN: "The system cannot start another process at the moment.",
  EMFILE: "The system cannot start another process at the moment.",
  ENFILE: "The system cannot start another process at the moment.",
  ENOMEM: "The system cannot start another process at the moment.",
};

function describeStartError(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return startErrors[code] ?? `The command could not be started (${code}).`;
}
