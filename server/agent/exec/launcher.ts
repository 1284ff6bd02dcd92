/** Starts commands with the configured shell, environment and sandbox. Ends all of them with the gateway. */
import { randomUUID } from "node:crypto";
import { delimiter } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Config } from "../../../contracts/config/config.ts";
import type { Log } from "../../lib/ports.ts";
import type { AgentSandbox } from "../agent-sandbox.ts";
import { createCommandGroups } from "./command-groups.ts";
import { startCommand, type Command } from "./command.ts";
import {
  cleanEnvironment,
  createSandboxEnvironment,
  markVariable,
  unattendedEnvironment,
} from "./environment.ts";
import { createProcessTable } from "./process-table.ts";
import { openSandbox } from "./sandbox.ts";
import type { SandboxUser } from "./sandbox-user.ts";
import { findShell } from "./shell.ts";

/** What follows from the configuration. */
export interface ExecSettings {
  readonly settings: Config["tools"]["exec"];
  /** Secrets of the configuration and the gateway. Variables that contain one are not passed on. */
  readonly secrets: readonly string[];
  /** Folders and files that the sandbox hides, such as home, the state folder and the configuration. */
  readonly hiddenPaths: readonly string[];
  /** The user of sandboxed commands. Undefined if the gateway does not run as root. */
  readonly sandboxUser: SandboxUser | undefined;
}

export interface LauncherDeps extends ExecSettings {
  /** The gateway's own environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}

interface CommandRequest {
  readonly text: string;
  /** A real path, like `workspace`. */
  readonly folder: string;
  readonly workspace: string;
  /** Hidden in the sandbox, but for the workspace in it. */
  readonly outerFolder: string | undefined;
  /** The agent's own sandbox. Undefined: `tools.exec.sandbox` decides. */
  readonly sandbox: AgentSandbox | undefined;
  /** In addition to the environment of all commands. */
  readonly env: Readonly<Record<string, string>>;
  readonly hasInput: boolean;
  readonly timeoutMs: number;
  readonly onOutput: (text: string) => void;
}

export interface Launcher {
  /** Rejects with a message for the model if the command cannot be started. */
  start(request: CommandRequest): Promise<Command>;
  /** Commands that start from now on follow these settings. */
  configure(settings: ExecSettings): void;
  /** Ends every command. No command starts after this. */
  close(): Promise<void>;
}

/** What every command needs from the settings. */
interface Conditions {
  /** Tests a sandbox once. One that is required does not resolve to undefined. */
  readonly getSandbox: (isRequired: boolean) => ReturnType<typeof openSandbox>;
  readonly sandboxUser: SandboxUser | undefined;
  readonly inherited: Readonly<Record<string, string>>;
  readonly path: string;
  readonly maxOutputBytes: number;
}

const defaultPath = ["/usr/local/bin", "/usr/bin", "/bin"].join(delimiter);

export function createLauncher(deps: LauncherDeps): Launcher {
  const { env, log } = deps;
  const shell = findShell(env["PATH"]);
  let conditions = createConditions(deps);
  const listProcesses = createProcessTable();
  const createGroup = createCommandGroups();
  const running = new Set<Command>();
  let lastStart: Promise<unknown> = Promise.resolve();
  let closed = false;

  /** Starting a process blocks the event loop. This lets other work run between two starts. */
  const waitForTurn = (): Promise<unknown> => (lastStart = lastStart.then(() => setImmediate()));

  function createConditions({ settings, secrets, hiddenPaths, sandboxUser }: ExecSettings): Conditions {
    const inherited = cleanEnvironment(env, secrets);
    const open = (setting: typeof settings.sandbox): ReturnType<typeof openSandbox> => {
      const sandbox = openSandbox({
        setting,
        path: env["PATH"],
        hiddenPaths,
        createArgv: shell.createArgv,
        user: sandboxUser,
        log,
      });
      // `start` reports the error to its caller.
      sandbox.catch(() => {});
      return sandbox;
    };
    const configured = open(settings.sandbox);
    let required = settings.sandbox === "bwrap" ? configured : undefined;
    return {
      getSandbox: (isRequired) => (isRequired ? (required ??= open("bwrap")) : configured),
      sandboxUser,
      inherited,
      path: [...settings.pathPrepend, inherited["PATH"] ?? defaultPath].join(delimiter),
      maxOutputBytes: settings.maxOutputBytes,
    };
  }

  const untrackWhenEnded = async (command: Command): Promise<void> => {
    const { isTreeEnded } = await command.ended;
    running.delete(command);
    if (!isTreeEnded) log.error("a process of a command could not be ended", { pid: command.pid });
  };

  return {
    async start({ text, sandbox: agentSandbox, hasInput, timeoutMs, onOutput, env, ...folders }) {
      const { folder } = folders;
      const { getSandbox, sandboxUser, inherited, path, maxOutputBytes } = conditions;
      const sandbox = await getSandbox(agentSandbox !== undefined);
      const workspaceAccess = agentSandbox?.workspaceAccess ?? "rw";
      const shellArgv = shell.createArgv(text);
      const argv = (await sandbox?.wrap(shellArgv, { ...folders, workspaceAccess })) ?? shellArgv;
      await waitForTurn();
      if (closed) throw new Error("The gateway is stopping.");
      const mark = randomUUID();
      const group = createGroup(mark);
      const command = await startCommand({
        argv: shell.mergeOutput(argv, {
          isForOtherUser: sandbox !== undefined && sandboxUser !== undefined,
          joinFile: group?.joinFile,
        }),
        folder,
        env: {
          ...(sandbox === undefined ? inherited : createSandboxEnvironment(inherited)),
          ...unattendedEnvironment,
          ...env,
          PATH: path,
          [markVariable]: mark,
        },
        mark,
        group,
        hasInput,
        timeoutMs,
        maxOutputBytes,
        listProcesses,
        onOutput,
      }).catch((error: unknown) => {
        group?.remove();
        throw new Error(describeStartError(error), { cause: error });
      });
      running.add(command);
      if (closed) command.stop("shutdown");
      void untrackWhenEnded(command);
      return command;
    },
    configure: (settings) => void (conditions = createConditions(settings)),
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
