/** The loop of `openclaw chat`: reads a message, shows the reply, and so on. */
import {
  isGatewayError,
  type GatewaySocket,
  type RunParams,
  type SocketRun,
} from "../../clients/typescript/src/index.ts";
import { exitFailure, exitInterrupted, exitOk } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { chatCommands, listModels, runChatCommand, type ChatState } from "./chat-state.ts";
import type { HistoryFile } from "./history-file.ts";
import { createLineReader } from "./line-reader.ts";
import { createRunView } from "./run-view.ts";
import { showRun } from "./run-turn.ts";
import { createToolCards, createToolLines } from "./tool-lines.ts";

interface ChatOptions {
  readonly thinking: RunParams["thinking"];
  /** Sent before the first line is read. */
  readonly message: string | undefined;
  readonly history: HistoryFile;
}

/** Resolves to the exit code. In a pipe a failed reply makes it a failure. */
export async function runChat(
  socket: GatewaySocket,
  state: ChatState,
  { thinking, message, history }: ChatOptions,
  io: Io,
): Promise<number> {
  const tools = io.terminal === undefined ? createToolLines(io) : createToolCards(io.terminal);
  let models: readonly string[] = [];
  let run: SocketRun | undefined;
  let isLeaving = false;
  let exitCode = exitOk;

  const abortRun = (): void => void run?.abort().catch(() => {});
  const reader = createLineReader(io, {
    prompt: "> ",
    history: history.lines,
    complete: (line) => [completeLine(line, state, models), line],
    onEarlyLine(line) {
      if (line.trim() !== "/abort") return false;
      abortRun();
      return true;
    },
    onInterrupt() {
      if (isLeaving) {
        if (run !== undefined) process.exit(exitInterrupted);
        exitCode = exitInterrupted;
        reader.close();
        return;
      }
      isLeaving = true;
      if (run === undefined) io.err("\nPress Ctrl-C again to leave.");
      else abortRun();
    },
  });

  const send = async (text: string): Promise<void> => {
    isLeaving = false;
    const view = createRunView(io, tools);
    run = socket.run({
      message: text,
      sessionKey: state.sessionKey,
      agentId: state.agent.id,
      ...(state.attachments.length > 0 && { attachments: [...state.attachments] }),
      ...(state.model !== undefined && { model: state.model }),
      ...(thinking !== undefined && { thinking }),
    });
    state.attachments = [];
    try {
      await showRun(run, view, io);
    } finally {
      run = undefined;
      isLeaving = false;
      io.terminal?.write("\n");
    }
  };

  /** Returns false at the end of the chat. */
  const handle = async (line: string): Promise<boolean> => {
    if (!line.startsWith("/") || line.startsWith("//")) {
      await send(line.replace(/^\/\//, "/"));
      return true;
    }
    const output = await runChatCommand(line, state, socket);
    if (output === "leave") return false;
    for (const text of output) io.out(text);
    models = await listModels(state, socket);
    return true;
  };

  try {
    models = await listModels(state, socket);
    for (let line = message ?? (await reader.read()); line !== undefined; line = await reader.read()) {
      isLeaving = false;
      if (line.trim() === "") continue;
      history.append(line);
      try {
        if (!(await handle(line))) break;
      } catch (error) {
        if (isConnectionLost(error)) throw error;
        printError(error, io);
        if (!(io.input.isTTY ?? false)) exitCode = exitFailure;
      }
    }
    return exitCode;
  } finally {
    reader.close();
  }
}

const isConnectionLost = (error: unknown): boolean =>
  isGatewayError(error) && (error.code?.startsWith("connection_") ?? false);

function printError(error: unknown, io: Io): void {
  const { message } = error as Error;
  if (isGatewayError(error) && error.code === "run_aborted") io.dim("[aborted]");
  else if (io.terminal === undefined) io.err(message);
  else io.terminal.write(`${io.terminal.style("red", message)}\n`);
}

function completeLine(line: string, { agents }: ChatState, models: readonly string[]): string[] {
  const complete = (prefix: string, names: readonly string[]): string[] =>
    names.map((name) => prefix + name).filter((candidate) => candidate.startsWith(line));
  if (line.startsWith("/model ")) return complete("/model ", models);
  if (line.startsWith("/agent "))
    return complete(
      "/agent ",
      agents.map(({ id }) => id),
    );
  return line.startsWith("/") ? complete("", Object.keys(chatCommands)) : [];
}
