/** `openclaw agent`: one turn of an agent, run by the gateway. Its words are shown as they come; Ctrl-C aborts it. */
import { isGatewayError, type GatewaySocket, type RunParams } from "../clients/typescript/src/index.ts";
import { ofAgent, toJson } from "./common-options.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone, exitInterrupted } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { UsageError } from "./read-arguments.ts";
import { createRunView } from "./run-view.ts";
import { failureJson, throughSocket } from "./through-gateway.ts";

/** A gateway that restarts is back by then, and says what became of the run. */
const reconnectMs = 30_000;

export const agent = defineCommand({
  name: "agent",
  summary: "ask an agent, and show its answer as it comes",
  words: [],
  options: {
    message: { short: "m", value: "TEXT", says: "what to say; - reads it from stdin" },
    ...ofAgent,
    "session-key": { value: "KEY", says: "the conversation to begin or to go on with (else main)" },
    model: { value: "PROVIDER/ID", says: "another model than the agent's own" },
    thinking: {
      value: "LEVEL",
      choices: ["off", "minimal", "low", "medium", "high", "xhigh", "max"],
      says: "how much the model reasons: off, minimal, low, medium, high, xhigh or max",
    },
    timeout: {
      value: "SECONDS",
      min: 1,
      max: 2_147_483,
      says: "longest run, if less than the agent's limit",
    },
    ...toJson,
    verbose: { says: "show what its tools do, on stderr" },
  },
  more: `The gateway runs it; without one nothing is run. Ctrl-C aborts the run, a second one leaves at once.
For another gateway than this machine's set OPENCLAW_GATEWAY_URL, and OPENCLAW_GATEWAY_TOKEN or
OPENCLAW_GATEWAY_PASSWORD.
Exit codes: 0 answered, 1 failed, 2 wrong usage, 75 the session is busy, 77 credential refused, 130 interrupted.`,
  example: 'openclaw agent -m "What did I say?" --session-key trip',
  async run({ options }, io) {
    const { message: given, agent: agentId, "session-key": sessionKey, model, thinking, timeout } = options;
    // A file and a pipe end with the end of a line.
    const message = given === "-" ? (await io.input()).replace(/\n$/, "") : given;
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
    let about = {};
    const { json, verbose } = options;
    return throughSocket(io, { json, about: () => about, reconnectMs }, (socket) =>
      runTurn(socket, params, { json, verbose, begun: (runId) => (about = { runId }) }, io),
    );
  },
});

interface TurnOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  begun(runId: string): void;
}

async function runTurn(
  socket: GatewaySocket,
  params: RunParams,
  { json, verbose, begun }: TurnOptions,
  io: Io,
): Promise<number> {
  const view = json ? undefined : createRunView(io, verbose);
  const run = socket.run(params);
  begun(run.runId);
  let interrupted = false;
  const interrupts = io.onInterrupt(() => {
    if (interrupted) process.exit(exitInterrupted);
    interrupted = true;
    view?.end();
    io.err("Aborting the run; once more leaves at once.");
    // Why it cannot be aborted is what the run ends with.
    run.abort().catch(() => {});
  });
  try {
    for await (const event of run) view?.show(event);
    const result = await run.result;
    const { payloads = [], meta } = result.result ?? {};
    if (json) io.out(JSON.stringify(result, null, 2));
    view?.end(payloads[0]?.text);
    const { stopReason = "stop" } = meta ?? {};
    if (stopReason !== "stop") io.err(`The answer ends before its end: ${stopReason}.`);
    return exitDone;
  } catch (error) {
    view?.end();
    if (isGatewayError(error) && error.code?.startsWith("connection_")) {
      io.err(`The run ${run.runId} may go on in the gateway: look at the session before you ask again.`);
    }
    if (!interrupted) throw error;
    if (json) io.out(failureJson(error, { runId: run.runId }));
    return exitInterrupted;
  } finally {
    interrupts.undo();
  }
}
