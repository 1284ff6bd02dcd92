/** The steps of an open run: ask the model, then run the tools that it called, until an answer ends the turn. */
import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "../../contracts/limits.ts";
import { GatewayError } from "../lib/errors.ts";
import type { Log, NewId } from "../lib/ports.ts";
import { createChildContext } from "../lib/trace-context.ts";
import { createAccountCall, withTrace } from "./account-call.ts";
import type { Budgets } from "./budgets.ts";
import { estimateCall, type Compaction } from "./compaction.ts";
import { createContext, isToolCallForced, type Context, type PreparedCall } from "./context.ts";
import { createLoopDetector, type LoopDetector } from "./loop-detection.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import type { RunRecorder } from "./run-recorder.ts";
import { runTools } from "./run-tools.ts";
import type { Conversation } from "./sessions/conversation.ts";
import { createStep, type AnswerLimits, type Step } from "./step.ts";
import type {
  EndReason,
  ModelCall,
  ModelSink,
  NamedModel,
  Run,
  RunEvent,
  Tool,
  ToolCall,
  Turn,
} from "./types.ts";

export interface OpenRun {
  readonly run: Run;
  readonly deps: {
    readonly newId: NewId;
    readonly log: Log;
    readonly limits: AnswerLimits;
    readonly budgets: Budgets;
  };
  readonly conversation: Conversation;
  readonly retryPolicy: RetryPolicy;
  readonly recorder: RunRecorder;
  readonly emit: (event: RunEvent) => void;
  /** Ends the model call, and the run with this error. */
  readonly abort: (error: GatewayError) => void;
  /** Resolves when the caller has room for more events; undefined when it has room now. */
  readonly waitForReader: () => Promise<void> | undefined;
  /** The model call at work; undefined between two steps. */
  step: Step | undefined;
  /** The caller has received output: another model cannot start over. */
  hasOutput: boolean;
  /** A model has finished a step. */
  hasAnswered: boolean;
}

interface StepBudget {
  steps: number;
  toolCalls: number;
}

export interface CompletedRun {
  readonly reason: EndReason;
  readonly stopSequence?: string | undefined;
}

/** Throws the error for the caller. */
export async function takeSteps(open: OpenRun): Promise<CompletedRun> {
  const { run, conversation } = open;
  const { deps, recorder } = open;
  const accountCall = createAccountCall(run, { budgets: deps.budgets, recorder });
  const context = await createContext(run, conversation, accountCall, deps.log);
  const budget: StepBudget = { steps: run.agent.maxSteps, toolCalls: run.maxToolCalls ?? Infinity };
  let offeredTools: readonly Tool[] = [];
  const loopDetector = createLoopDetector((name) =>
    offeredTools.some((tool) => tool.name === name && tool.isRepeatable),
  );
  for (;;) {
    const completed = await completeStep(open, context);
    offeredTools = completed.tools;
    budget.steps -= 1;
    if (completed.agentCalls.length > 0) await runAgentTools(open, completed, loopDetector, budget);
    const reason = findEndReason(run, completed, budget);
    if (reason === undefined) continue;
    const stopSequence = reason === "stop" ? completed.step.getFinish()?.stopSequence : undefined;
    return stopSequence === undefined ? { reason } : { reason, stopSequence };
  }
}

interface CompletedStep {
  readonly step: Step;
  readonly model: NamedModel;
  /** The agent's own tools that the model was offered. */
  readonly tools: readonly Tool[];
  /** The calls of these tools. */
  readonly agentCalls: readonly ToolCall[];
}

/** Asks the model until one answers: again after a passing failure, a fallback after another, or throws. */
async function completeStep(open: OpenRun, context: Context): Promise<CompletedStep> {
  const { run, conversation, retryPolicy } = open;
  for (;;) {
    const model = retryPolicy.getModel();
    const prepared = await context.prepare(model, run.signal);
    if (prepared.compaction !== undefined) await emitCompaction(open, prepared.compaction);
    const { step, failure, isSilent } = await askModel(open, model, prepared);
    if (failure !== undefined) {
      await handleFailure(open, context, model, explainRejection(failure, prepared.call), isSilent);
      continue;
    }
    open.hasAnswered = true;
    retryPolicy.recordSuccess();
    const ready = emitAndWait(open, { type: "step", model: model.ref, usage: step.getFinish()?.usage });
    if (ready !== undefined) await ready;
    const turn = step.toTurn();
    const agentCalls = step.listAgentCalls();
    // Without a call of the agent's tools this is the last turn.
    if (turn !== undefined)
      await (agentCalls.length > 0 ? conversation.add(turn) : conversation.addLast(turn));
    open.step = undefined;
    return { step, model, tools: prepared.tools, agentCalls };
  }
}

interface ModelAnswer {
  readonly step: Step;
  readonly failure: GatewayError | undefined;
  /** The caller has seen nothing of this call. */
  readonly isSilent: boolean;
}

/** One call to one model; what the caller may see of it is emitted as it comes. */
async function askModel(open: OpenRun, model: NamedModel, { call }: PreparedCall): Promise<ModelAnswer> {
  const { run, conversation, deps, recorder, emit, waitForReader } = open;
  const { signal } = run;
  const step = createStep(run, conversation.turns, deps.newId, deps.limits);
  open.step = step;
  let failure: GatewayError | undefined;
  let isSilent = true;
  const startedAt = recorder.clock();
  let firstEventAt: number | undefined;
  const emitOutput = (output: RunEvent): void => {
    if (signal.aborted) return;
    if (!open.hasOutput) recorder.recordFirstOutput();
    open.hasOutput = true;
    isSilent = false;
    emit(output);
  };
  const sink: ModelSink = {
    emit(event) {
      if (event.type === "error") failure = event.error;
      else firstEventAt ??= recorder.clock();
      const output = step.push(event);
      const exceededLimit = step.getExceededLimit();
      if (exceededLimit !== undefined)
        return open.abort(createLimitError(model.ref, exceededLimit, deps.limits));
      if (output !== undefined) emitOutput(output);
      if (event.type === "finish") step.flush().forEach(emitOutput);
    },
    ready: waitForReader,
  };
  const reservation = deps.budgets.reserve(run, model, () => estimateCall(call));
  const settle = reservation && (await reservation);
  const trace = run.trace && createChildContext(run.trace);
  await model.call(withTrace(call, trace), sink, signal);
  const finish = step.getFinish();
  settle?.(finish?.usage, firstEventAt !== undefined);
  if (!signal.aborted && failure === undefined && finish === undefined)
    failure = createTruncatedError(model.ref);
  recorder.recordModelCall({
    model: model.ref,
    purpose: "step",
    startedAt,
    firstEventAt,
    outcome: signal.aborted ? "aborted" : failure === undefined ? "ok" : "error",
    usage: finish?.usage,
    error: failure,
    finishReason: finish?.reason,
    ...(trace !== undefined && {
      trace,
      getContent: () => ({ system: call.system, turns: call.turns, answer: step.toTurn() }),
    }),
  });
  signal.throwIfAborted();
  return { step, failure, isSilent };
}

/** Resolves when a model can be asked again: after a compaction, a delay, or with a fallback. Throws when none can. */
async function handleFailure(
  open: OpenRun,
  context: Context,
  model: NamedModel,
  failure: GatewayError,
  isSilent: boolean,
): Promise<void> {
  const { run, retryPolicy, recorder } = open;
  if (failure.code === "context_length_exceeded" && isSilent) {
    const compaction = await context.shrink(model, run.signal);
    if (compaction === undefined) throw failure;
    return emitCompaction(open, compaction);
  }
  const decision = retryPolicy.recordFailure(failure, open.hasOutput);
  switch (decision.action) {
    case "fail":
      throw failure;
    case "retry":
      return sleep(decision.afterMs, undefined, { signal: run.signal });
    case "fallback":
      recorder.recordFallback(decision.from, decision.to, failure);
      return emitAndWait(open, { type: "fallback", from: decision.from, to: decision.to, error: failure });
  }
}

/** A provider's rejection rarely names the number of tools as its reason. */
function explainRejection(failure: GatewayError, { tools }: ModelCall): GatewayError {
  if (failure.code !== "upstream_rejected" || tools.length <= limits.tools) return failure;
  return new GatewayError(
    failure.code,
    `${failure.message} It was offered ${tools.length} tools, and many providers accept at most ${limits.tools}: deny some with tools.deny.`,
    { param: failure.param ?? undefined, cause: failure },
  );
}

/** Runs the agent's own tools that the step called, and stores each result. */
async function runAgentTools(
  open: OpenRun,
  { agentCalls, tools }: CompletedStep,
  loopDetector: LoopDetector,
  budget: StepBudget,
): Promise<void> {
  const { run, conversation, deps, recorder, emit } = open;
  await runTools(
    { run, tools, loopDetector, remainingCallCount: budget.toolCalls, recorder, log: deps.log },
    agentCalls,
    {
      emit,
      handleResult: async (event) => {
        await emitAndWait(open, event);
        await conversation.add(toResultTurn(event));
      },
    },
  );
  budget.toolCalls -= agentCalls.length;
  run.signal.throwIfAborted();
}

/** Undefined when the model is asked again with the results of its tools. */
function findEndReason(
  run: Run,
  { step, model, agentCalls }: CompletedStep,
  budget: StepBudget,
): EndReason | undefined {
  const finish = step.getFinish();
  if (finish?.reason === "length" || finish?.reason === "content_filter") return finish.reason;
  if (step.listClientCalls().length > 0) return "tool_calls";
  if (isToolCallForced(run)) throw createToolChoiceError(model.ref);
  if (agentCalls.length === 0) return "stop";
  return budget.steps === 0 ? "length" : undefined;
}

const emitCompaction = (open: OpenRun, { summary }: Compaction): Promise<void> | undefined =>
  emitAndWait(open, { type: "compaction", summary });

/** Undefined when the caller has room for more now. */
function emitAndWait({ emit, waitForReader }: OpenRun, event: RunEvent): Promise<void> | undefined {
  emit(event);
  return waitForReader();
}

function toResultTurn({ callId, output }: Extract<RunEvent, { type: "tool_result" }>): Turn {
  return {
    role: "tool",
    callId,
    content: output.content,
    own: true,
    ...(output.isError ? { isError: true } : {}),
  };
}

function createTruncatedError(model: string): GatewayError {
  return new GatewayError("upstream_protocol", `The answer of ${model} was cut off before its end.`);
}

function createLimitError(model: string, limit: keyof AnswerLimits, limits: AnswerLimits): GatewayError {
  const exceeded = {
    maxAnswerBytes: `is longer than ${limits.maxAnswerBytes} bytes`,
    maxCallArgumentBytes: `has a tool call with more than ${limits.maxCallArgumentBytes} bytes of arguments`,
    maxCallsPerStep: `has more than ${limits.maxCallsPerStep} tool calls`,
  }[limit];
  return new GatewayError(
    "upstream_protocol",
    `The answer of ${model} ${exceeded}, and was ended. The limit is gateway.limits.${limit}.`,
    { retry: false },
  );
}

function createToolChoiceError(model: string): GatewayError {
  return new GatewayError("upstream_protocol", `tool_choice demanded a tool call and ${model} made none.`, {
    retry: false,
  });
}
