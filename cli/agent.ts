/** `openclaw agent`: runs one turn of an agent in the gateway and streams its reply. Ctrl-C aborts the run. */
import { readFileSync } from "node:fs";
import { isGatewayError, type GatewaySocket, type RunParams } from "../clients/typescript/src/index.ts";
import { readAttachment } from "./chat/attachments.ts";
import { createRunView } from "./chat/run-view.ts";
import { showRun } from "./chat/run-turn.ts";
import { createSessionKey, findLastSession } from "./chat/sessions.ts";
import { createToolLines } from "./chat/tool-lines.ts";
import { agentOption, defineCommand, jsonOption, runOptions } from "./define-command.ts";
import { exitOk, exitInterrupted } from "./exit-codes.ts";
import { formatFailure } from "./format-failure.ts";
import type { Io } from "./io.ts";
import { UsageError } from "./read-arguments.ts";
import { readInput } from "./read-input.ts";
import { withSocket } from "./with-gateway.ts";

/** Long enough for a gateway to restart and report the outcome of the run. */
const reconnectMs = 30_000;

export const agent = defineCommand({
  name: "agent",
  summary: "send a message to an agent and stream its reply",
  positionals: ["TEXT?"],
  options: {
    continue: { short: "c", description: "continue the last conversation that the command line began" },
    message: { short: "m", value: "TEXT", description: "message for the session main; - reads stdin" },
    "message-file": { value: "FILE", description: "read the message from a file" },
    attach: {
      value: "FILE",
      repeatable: true,
      description: "image or document to send along; may be repeated",
    },
    ...agentOption,
    "session-key": { value: "KEY", description: "conversation to start or continue" },
    "session-id": { value: "ID", description: "id of the conversation to continue" },
    ...runOptions,
    timeout: {
      value: "SECONDS",
      min: 1,
      max: 2_147_483,
      description: "time limit of the run, if less than the agent's limit",
    },
    ...jsonOption,
    verbose: { description: "show tool calls on stderr" },
  },
  details: `TEXT begins a new conversation, unless -c or a session is given. What is piped in is appended to TEXT, or is the
message. -m TEXT goes to the session main, as in OpenClaw, until version 1.0.
The run takes place in the gateway, which must be running. Ctrl-C aborts the run; a second one exits at once.
To use a gateway on another machine, set OPENCLAW_GATEWAY_URL, and OPENCLAW_GATEWAY_TOKEN or
OPENCLAW_GATEWAY_PASSWORD.
Exit codes: 0 replied, 1 failed, 2 wrong usage, 75 session busy, 77 credential rejected, 130 interrupted.`,
  example: 'openclaw agent "What did I say?" --session-key trip',
  async run({ options, positionals: [text] }, io) {
    const message = await readMessage(text, options, io);
    const { agent: agentId, "session-key": sessionKey, "session-id": sessionId, model, thinking } = options;
    if (options.continue && (sessionKey ?? sessionId) !== undefined) {
      throw new UsageError("-c cannot be combined with --session-key or --session-id");
    }
    const params: RunParams = {
      message,
      ...(options.attach.length > 0 && { attachments: options.attach.map(readAttachment) }),
      ...(agentId !== undefined && { agentId }),
      ...(sessionId !== undefined && { sessionId }),
      ...(model !== undefined && { model }),
      ...(thinking !== undefined && { thinking }),
      ...(options.timeout !== undefined && { timeout: options.timeout }),
    };
    const isForMain = text === undefined && options.message !== undefined;
    const needsSession = sessionKey === undefined && sessionId === undefined && !options.continue;
    if (needsSession && isForMain) {
      io.dim('-m continues the session main, until version 1.0. openclaw agent "TEXT" begins a new one.');
    }
    const chooseSession = (socket: GatewaySocket): Promise<string | undefined> | string | undefined => {
      if (options.continue) return findLastSession(socket, agentId);
      return needsSession && !isForMain ? createSessionKey() : sessionKey;
    };
    let failureContext = {};
    const { json, verbose } = options;
    return withSocket(io, { json, getFailureContext: () => failureContext, reconnectMs }, async (socket) => {
      const key = await chooseSession(socket);
      const request = { ...params, ...(key !== undefined && { sessionKey: key }) };
      return runTurn(
        socket,
        request,
        { json, verbose, onStarted: (runId) => (failureContext = { runId }) },
        io,
      );
    });
  },
});

interface MessageOptions {
  readonly message: string | undefined;
  readonly "message-file": string | undefined;
}

/** Joins the text of the command line and what is piped in. Files and pipes end with a line break that is not part of it. */
async function readMessage(
  text: string | undefined,
  { message, "message-file": file }: MessageOptions,
  io: Io,
): Promise<string> {
  const sources = [text, message, file].filter((part) => part !== undefined);
  if (sources.length > 1)
    throw new UsageError("give the message once: as TEXT, with -m, or with --message-file");
  if (file !== undefined) return requireText(readMessageFile(file));
  // A program that starts this one with its message often leaves stdin open, for ever: Node's `execFile` does, with a socket.
  const joinsInput = text !== undefined && io.inputType === "pipe";
  const readsInput = message === "-" || joinsInput || (sources.length === 0 && io.inputType !== undefined);
  const input = readsInput ? (await readInput(io)).replace(/\n$/, "") : "";
  const argument = text ?? (message === "-" ? undefined : message);
  const parts = [argument, input].filter((part) => part !== undefined && part !== "");
  if (sources.length === 0 && parts.length === 0) {
    throw new UsageError('the message is missing, for instance openclaw agent "Hello!"');
  }
  return requireText(parts.join("\n\n"));
}

function readMessageFile(path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/\n$/, "");
  } catch (error) {
    throw new UsageError(`--message-file: ${(error as Error).message}`, { cause: error });
  }
}

function requireText(message: string): string {
  if (message.trim() === "") throw new UsageError("the message is empty");
  return message;
}

interface TurnOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  onStarted(runId: string): void;
}

async function runTurn(
  socket: GatewaySocket,
  params: RunParams,
  { json, verbose, onStarted }: TurnOptions,
  io: Io,
): Promise<number> {
  const view = json ? undefined : createRunView(io, verbose ? createToolLines(io) : undefined);
  const run = socket.run(params);
  onStarted(run.runId);
  let isInterrupted = false;
  const interruptHandler = io.onInterrupt(() => {
    if (isInterrupted) process.exit(exitInterrupted);
    isInterrupted = true;
    view?.end();
    io.err("Aborting the run. Press Ctrl-C again to exit at once.");
    // If the abort fails, the run's own result reports the reason.
    run.abort().catch(() => {});
  });
  try {
    const result = await showRun(run, view, io);
    if (json) io.out(JSON.stringify(result, null, 2));
    return exitOk;
  } catch (error) {
    if (isGatewayError(error) && error.code?.startsWith("connection_")) {
      io.err(`The run ${run.runId} may continue in the gateway. Check the session before you retry.`);
    }
    if (!isInterrupted) throw error;
    if (json) io.out(formatFailure(error, { runId: run.runId }));
    return exitInterrupted;
  } finally {
    interruptHandler.undo();
  }
}
