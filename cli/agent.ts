/** `openclaw agent`: runs one turn of an agent in the gateway and streams its reply. Ctrl-C aborts the run. */
import { isGatewayError, type GatewaySocket, type RunParams } from "../clients/typescript/src/index.ts";
import { agentOption, defineCommand, jsonOption } from "./define-command.ts";
import { exitOk, exitInterrupted } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { UsageError } from "./read-arguments.ts";
import { createRunView } from "./run-view.ts";
import { formatFailure, withSocket } from "./with-gateway.ts";

/** Long enough for a gateway to restart and report the outcome of the run. */
const reconnectMs = 30_000;

export const agent = defineCommand({
  name: "agent",
  summary: "send a message to an agent and stream its reply",
  positionals: [],
  options: {
    message: { short: "m", value: "TEXT", description: "message to send; - reads stdin" },
    ...agentOption,
    "session-key": { value: "KEY", description: "conversation to start or continue (default: main)" },
    model: { value: "PROVIDER/ID", description: "model to use (default: the agent's model)" },
    thinking: {
      value: "LEVEL",
      choices: ["off", "minimal", "low", "medium", "high", "xhigh", "max"],
      description: "reasoning effort: off, minimal, low, medium, high, xhigh or max",
    },
    timeout: {
      value: "SECONDS",
      min: 1,
      max: 2_147_483,
      description: "time limit of the run, if less than the agent's limit",
    },
    ...jsonOption,
    verbose: { description: "show tool calls on stderr" },
  },
  details: `The run takes place in the gateway, which must be running. Ctrl-C aborts the run; a second one exits at once.
To use a gateway on another machine, set OPENCLAW_GATEWAY_URL, and OPENCLAW_GATEWAY_TOKEN or
OPENCLAW_GATEWAY_PASSWORD.
Exit codes: 0 replied, 1 failed, 2 wrong usage, 75 session busy, 77 credential rejected, 130 interrupted.`,
  example: 'openclaw agent -m "What did I say?" --session-key trip',
  async run({ options }, io) {
    const {
      message: messageOption,
      agent: agentId,
      "session-key": sessionKey,
      model,
      thinking,
      timeout,
    } = options;
    // Files and pipes end with a line break that is not part of the message.
    const message = messageOption === "-" ? (await io.readInput()).replace(/\n$/, "") : messageOption;
    if (message === undefined) throw new UsageError('--message is missing, for instance -m "Hello!"');
    if (message.trim() === "") throw new UsageError("--message is empty");
    const params: RunParams = {
      message,
      ...(agentId !== undefined && { agentId }),
      ...(sessionKey !== undefined && { sessionKey }),
      ...(model !== undefined && { model }),
      ...(thinking !== undefined && { thinking }),
      ...(timeout !== undefined && { timeout }),
    };
    let failureContext = {};
    const { json, verbose } = options;
    return withSocket(io, { json, getFailureContext: () => failureContext, reconnectMs }, (socket) =>
      runTurn(socket, params, { json, verbose, onStarted: (runId) => (failureContext = { runId }) }, io),
    );
  },
});

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
  const view = json ? undefined : createRunView(io, verbose);
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
    for await (const event of run) view?.show(event);
    const result = await run.result;
    const { payloads = [], meta } = result.result ?? {};
    if (json) io.out(JSON.stringify(result, null, 2));
    view?.end(payloads[0]?.text);
    const { stopReason = "stop" } = meta ?? {};
    if (stopReason !== "stop") io.err(`The reply is incomplete: ${stopReason}.`);
    return exitOk;
  } catch (error) {
    view?.end();
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
