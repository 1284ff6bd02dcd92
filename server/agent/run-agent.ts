/** `runAgent`: the only way an agent runs. It takes a run, tells it as events, and ends with exactly one `end`. */
import { setTimeout as sleep } from "node:timers/promises";
import { GatewayError, toGatewayError } from "../errors.ts";
import { createAttempts } from "./attempts.ts";
import type { Cooldowns } from "./cooldowns.ts";
import { admit, type AdmissionParts } from "./admission.ts";
import { createRunRecord } from "./run-record.ts";
import { createContext, isForced } from "./context.ts";
import type { HiddenTurns } from "./hidden-turns.ts";
import { createRepetition } from "./repetition.ts";
import { openConversation, type Conversation } from "./sessions/conversation.ts";
import type { SessionStore } from "./sessions/store.ts";
import { createStep, type Step } from "./step.ts";
import { createRunSignal } from "./run-signal.ts";
import { runTools } from "./run-tools.ts";
import type { RunningRuns } from "./running-runs.ts";
import type { Clock, EndReason, Log, NewId, Run, RunAgent, RunEvent, Tool, Turn } from "./types.ts";

export interface RunParts extends AdmissionParts {
  readonly store: SessionStore;
  readonly hidden: HiddenTurns;
  readonly running: RunningRuns;
  readonly cooldowns: Cooldowns;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
}

export function createRunAgent(parts: RunParts): RunAgent {
  return (run) => tell(run, parts);
}

async function* tell(asked: Run, parts: RunParts): AsyncGenerator<RunEvent> {
  const stop = createRunSignal(asked.signal);
  const { signal } = stop;
  const run: Run = { ...asked, signal };
  const handle = parts.running.add(run, stop.abort);
  const { told } = handle;
  const record = createRunRecord(run, parts);
  let leave: (() => void) | undefined;
  let conversation: Conversation | undefined;
  let step: Step | undefined;
  /** The caller has been given something: there is no way back to another model. */
  let shown = false;
  /** A model has answered: to repeat the request would ask, pay and run its tools again. */
  let answered = false;
  let end: { reason: EndReason; error?: GatewayError } = { reason: "aborted" };

  try {
    leave = await admit(run, parts);
    stop.startClock(run.agent.timeoutSeconds);
    conversation = await openConversation(run, parts.store, parts.hidden);
    await conversation.begin();
    yield told({ type: "start", owner: conversation.owner });

    const context = await createContext(run, conversation);
    const attempts = createAttempts(run.models, parts.cooldowns);
    let offered: readonly Tool[] = [];
    const repetition = createRepetition((name) =>
      offered.some((tool) => tool.name === name && tool.mayRepeat),
    );
    let stepsLeft = run.agent.maxSteps;
    let toolCallsLeft = run.maxToolCalls ?? Infinity;
    let done: EndReason | undefined;
    while (done === undefined) {
      const { model } = attempts;
      const { call, tools, compaction } = await context.prepare(model, signal);
      offered = tools;
      if (compaction !== undefined) yield told(record.compacted(model.ref, compaction));
      step = createStep(run, callIds(conversation.turns), parts.newId);
      let failure: GatewayError | undefined;
      let silent = true;
      for await (const event of model.call(call, signal)) {
        const visible = step.take(event);
        if (visible !== undefined) {
          if (!shown) record.shown();
          shown = true;
          silent = false;
          yield told(visible);
        }
        if (event.type === "error") failure = event.error;
        if (event.type === "error" || event.type === "finish" || signal.aborted) break;
      }
      signal.throwIfAborted();
      if (failure === undefined && step.finish === undefined) failure = cut(model.ref);
      if (failure?.code === "context_length_exceeded" && silent) {
        const shorter = await context.shrink(model, signal);
        if (shorter === undefined) throw failure;
        yield told(record.compacted(model.ref, shorter));
        continue;
      }
      if (failure !== undefined) {
        record.failed(model.ref, failure);
        const remedy = attempts.failed(failure, shown);
        if (remedy.do === "give up") throw failure;
        if (remedy.do === "again") await sleep(remedy.afterMs, undefined, { signal });
        else yield told({ type: "fallback", from: remedy.from, to: remedy.to, error: failure });
        continue;
      }

      answered = true;
      attempts.succeeded();
      record.step(model.ref, step.finish?.usage);
      yield told({ type: "step", model: model.ref, usage: step.finish?.usage });
      const turn = step.turn();
      const { clientCalls, otherCalls, finish } = step;
      if (turn !== undefined) await conversation.add(turn);
      step = undefined;

      stepsLeft -= 1;
      if (otherCalls.length > 0) {
        const work = { run, tools, repetition, callsLeft: toolCallsLeft, signal, log: parts.log };
        for await (const event of runTools(work, otherCalls)) {
          yield told(event);
          if (event.type === "tool_result") await conversation.add(resultTurn(event));
        }
        toolCallsLeft -= otherCalls.length;
        record.toolsRan(otherCalls.length);
        signal.throwIfAborted();
      }
      if (finish?.reason === "length" || finish?.reason === "content_filter") done = finish.reason;
      else if (clientCalls.length > 0) done = "tool_calls";
      else if (isForced(run)) throw ignoredToolChoice(model.ref);
      else if (otherCalls.length === 0) done = "stop";
      else if (stepsLeft === 0) done = "length";
    }
    end = { reason: done };
  } catch (thrown) {
    end = outcome(thrown, signal, answered);
    const partial = step?.turn(end.reason === "aborted" ? "aborted" : "error");
    // The run has failed already; a partial answer that cannot be kept changes nothing more.
    if (partial !== undefined) await conversation?.add(partial).catch(storeFailed(parts.log));
  } finally {
    // Whoever has stopped listening before the end wants no more of it.
    if (end.reason === "aborted") stop.abort();
    stop.clear();
    await conversation?.close().catch(storeFailed(parts.log));
    leave?.();
    handle.remove();
  }
  record.end(end.reason, end.error);
  yield told({ type: "end", usage: record.usage, ...end });
}

/** Another has taken the session over, by a reset for instance: nothing has failed then. */
const storeFailed =
  (log: Log) =>
  (error: Error): void => {
    if (error instanceof GatewayError && error.code === "session_busy") return;
    log.error("the session store failed", { error: error.message, cause: String(error.cause) });
  };

function callIds(turns: readonly Turn[]): ReadonlySet<string> {
  return new Set(turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls.map(({ id }) => id) : [])));
}

function resultTurn({ callId, output }: Extract<RunEvent, { type: "tool_result" }>): Turn {
  return { role: "tool", callId, content: output.content, own: true };
}

/** What a thrown thing means for the run: the caller left, or an error that the caller is told. */
function outcome(
  thrown: unknown,
  signal: AbortSignal,
  answered: boolean,
): { reason: EndReason; error?: GatewayError } {
  const cause: unknown = signal.aborted ? signal.reason : thrown;
  if (signal.aborted && !(cause instanceof GatewayError)) return { reason: "aborted" };
  const error = toGatewayError(cause);
  if (!answered) return { reason: "error", error };
  const { param, retryAfterSeconds } = error;
  const details = { param: param ?? undefined, retryAfterSeconds, retry: false, cause: error.cause };
  return { reason: "error", error: new GatewayError(error.code, error.message, details) };
}

function cut(model: string): GatewayError {
  return new GatewayError("upstream_protocol", `The answer of ${model} was cut off before its end.`);
}

function ignoredToolChoice(model: string): GatewayError {
  return new GatewayError("upstream_protocol", `tool_choice demanded a tool call and ${model} made none.`, {
    retry: false,
  });
}
