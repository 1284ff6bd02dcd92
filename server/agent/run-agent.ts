/** `runAgent`: the only way an agent runs. Its phases: admit, open, step by step ask the model and run the tools, settle. */
import { describeError, GatewayError, toGatewayError } from "../lib/errors.ts";
import type { Log, NewId } from "../lib/ports.ts";
import { createChildContext } from "../lib/trace-context.ts";
import { acquireSlots, type AcquireSlotsDeps } from "./acquire-slots.ts";
import type { Budgets } from "./budgets.ts";
import type { Cooldowns } from "./cooldowns.ts";
import type { EphemeralToolHistory } from "./ephemeral-tool-history.ts";
import type { MemoryGuard } from "./memory-guard.ts";
import { createRetryPolicy } from "./retry-policy.ts";
import { createRunRecorder, type RunRecorder, type RunRecorderDeps } from "./run-recorder.ts";
import { createRunSignal, type RunSignal } from "./run-signal.ts";
import { takeSteps, type CompletedRun, type OpenRun } from "./run-steps.ts";
import type { RunHandle, RunningRuns } from "./running-runs.ts";
import { openConversation } from "./sessions/conversation.ts";
import type { AnswerLimits } from "./step.ts";
import type { SessionStore } from "./sessions/store.ts";
import type { Run, RunAgent, RunEvent, RunSink } from "./types.ts";

export interface RunDeps extends AcquireSlotsDeps, RunRecorderDeps {
  readonly store: SessionStore;
  readonly toolHistory: EphemeralToolHistory;
  readonly running: RunningRuns;
  readonly cooldowns: Cooldowns;
  readonly newId: NewId;
  readonly limits: AnswerLimits;
  readonly memory: Pick<MemoryGuard, "requireRoom">;
  readonly budgets: Budgets;
}

/** A run that has been registered. What it acquires in `admit` and `open` is released in `settle`. */
interface ActiveRun {
  readonly run: Run;
  readonly deps: RunDeps;
  readonly runSignal: RunSignal;
  readonly handle: RunHandle;
  readonly recorder: RunRecorder;
  readonly sink: RunSink;
  readonly emit: (event: RunEvent) => void;
  releaseSlots: (() => void) | undefined;
  open: OpenRun | undefined;
}

interface RunEnd extends CompletedRun {
  readonly error?: GatewayError;
}

export function createRunAgent(deps: RunDeps): RunAgent {
  return (run, sink) => executeRun(run, sink, deps);
}

/** Never rejects. Emits exactly one `end`, last, whatever the sink does. */
async function executeRun(request: Run, sink: RunSink, deps: RunDeps): Promise<void> {
  const active = registerRun(request, sink, deps);
  let end: RunEnd;
  try {
    await admit(active);
    const opened = await open(active);
    end = await takeSteps(opened);
    await opened.conversation.complete(end.reason);
  } catch (thrown) {
    end = toRunEnd(thrown, active);
    await keepPartialTurn(active, end);
  }
  await settle(active, end);
}

function registerRun(request: Run, sink: RunSink, deps: RunDeps): ActiveRun {
  const runSignal = createRunSignal(request.signal);
  const trace = request.trace && createChildContext(request.trace);
  const run: Run = { ...request, trace, signal: runSignal.signal };
  const handle = deps.running.add(run, runSignal.abort);
  let hasEnded = false;
  const emit = (event: RunEvent): void => {
    // A tool may go on after the run.
    if (hasEnded) return;
    hasEnded = event.type === "end";
    handle.publish(event);
    try {
      sink.emit(event);
    } catch (error) {
      runSignal.abort(toGatewayError(error));
    }
  };
  const recorder = createRunRecorder(run, deps);
  return { run, deps, runSignal, handle, recorder, sink, emit, releaseSlots: undefined, open: undefined };
}

/** Rejects the run when memory is short. Waits for the session and for a run slot. Nothing is stored while a run waits. */
async function admit(active: ActiveRun): Promise<void> {
  const { run, deps, runSignal, recorder } = active;
  deps.memory.requireRoom();
  const admission = deps.budgets.admit(run);
  if (admission !== undefined) await admission;
  active.releaseSlots = await acquireSlots(run, deps);
  runSignal.startTimeout(run.agent.timeoutSeconds);
  recorder.recordAdmission();
}

/** Takes the session's lease and stores the new input. */
async function open(active: ActiveRun): Promise<OpenRun> {
  const { run, deps, emit, sink, recorder } = active;
  const conversation = await openConversation(run, deps.store, deps.toolHistory);
  const opened: OpenRun = {
    run,
    deps,
    conversation,
    retryPolicy: createRetryPolicy(run.models, deps.cooldowns),
    recorder,
    emit,
    abort: active.runSignal.abort,
    waitForReader: () => sink.ready?.(),
    step: undefined,
    hasOutput: false,
    hasAnswered: false,
  };
  active.open = opened;
  emit({ type: "start", owner: conversation.owner });
  const ready = sink.ready?.();
  if (ready !== undefined) await ready;
  run.signal.throwIfAborted();
  return opened;
}

/** Stores what the model wrote before the run failed. */
async function keepPartialTurn({ open: opened, deps }: ActiveRun, end: RunEnd): Promise<void> {
  const partial = opened?.step?.toTurn(end.reason === "aborted" ? "aborted" : "error");
  // The run has failed already: a partial turn that cannot be stored changes nothing more.
  if (partial !== undefined) await opened?.conversation.addLast(partial).catch(logStoreFailure(deps.log));
}

/** Releases everything, tells the observers, emits `end`. */
async function settle(active: ActiveRun, end: RunEnd): Promise<void> {
  const { deps, runSignal, handle, recorder, emit } = active;
  // Tools that are still at work stop.
  if (end.reason === "aborted" || end.reason === "error") runSignal.abort();
  runSignal.dispose();
  await active.open?.conversation.close().catch(logStoreFailure(deps.log));
  active.releaseSlots?.();
  handle.remove();
  recorder.recordEnd(end.reason, end.error);
  emit({ type: "end", usage: recorder.getUsage(), ...end });
}

/** Ignores `session_busy`, which is not a failure of the store: another operation, such as a reset, has taken over the session. */
const logStoreFailure =
  (log: Log) =>
  (error: Error): void => {
    if (error instanceof GatewayError && error.code === "session_busy") return;
    log.error("the session store failed", { error: error.message, cause: describeError(error.cause) });
  };

/** Maps what was thrown to the run's end: `aborted` when the caller left, else the error for the caller. */
function toRunEnd(thrown: unknown, { runSignal: { signal }, open: opened }: ActiveRun): RunEnd {
  const cause: unknown = signal.aborted ? signal.reason : thrown;
  if (signal.aborted && !(cause instanceof GatewayError)) return { reason: "aborted" };
  const error = toGatewayError(cause);
  if (opened?.hasAnswered !== true) return { reason: "error", error };
  // A model has answered: a retry would ask, pay and run its tools again.
  const { param, retryAfterSeconds } = error;
  const details = { param: param ?? undefined, retryAfterSeconds, retry: false, cause: error.cause };
  return { reason: "error", error: new GatewayError(error.code, error.message, details) };
}
