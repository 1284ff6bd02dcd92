/** `runAgent`: the only way an agent runs. It takes a run, tells it as events, and ends with exactly one `end`. */
import { setTimeout as sleep } from "node:timers/promises";
import { GatewayError, toGatewayError } from "../errors.ts";
import { createAttempts } from "./attempts.ts";
import type { Cooldowns } from "./cooldowns.ts";
import { admit, type AdmissionParts } from "./admission.ts";
import { createDeadline, type Deadline } from "./deadline.ts";
import { createRunRecord } from "./run-record.ts";
import { openConversation, type Conversation } from "./sessions/conversation.ts";
import type { SessionStore } from "./sessions/store.ts";
import { createStep, type Step } from "./step.ts";
import { runTools } from "./tools.ts";
import type { Clock, EndReason, Log, ModelCall, NewId, Run, RunAgent, RunEvent, Turn } from "./types.ts";

export interface RunParts extends AdmissionParts {
  readonly store: SessionStore;
  readonly cooldowns: Cooldowns;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
}

export function createRunAgent(parts: RunParts): RunAgent {
  return (run) => tell(run, parts);
}

async function* tell(run: Run, parts: RunParts): AsyncGenerator<RunEvent> {
  const record = createRunRecord(run, parts);
  let leave: (() => void) | undefined;
  let deadline: Deadline | undefined;
  let conversation: Conversation | undefined;
  let step: Step | undefined;
  /** The caller has been given something: there is no way back to another model. */
  let shown = false;
  /** A model has answered: to repeat the request would ask, pay and run its tools again. */
  let answered = false;
  let end: { reason: EndReason; error?: GatewayError } = { reason: "aborted" };

  try {
    leave = await admit(run, parts);
    deadline = createDeadline(run.signal, run.agent.timeoutSeconds);
    const { signal } = deadline;
    conversation = await openConversation(run, parts.store);
    await conversation.begin();
    yield { type: "start" };

    const call = callOf(run, conversation.turns);
    const attempts = createAttempts(run.models, parts.cooldowns);
    let stepsLeft = run.agent.maxSteps;
    let done: EndReason | undefined;
    while (done === undefined) {
      const { model } = attempts;
      step = createStep(run, callIds(conversation.turns), parts.newId);
      let failure: GatewayError | undefined;
      for await (const event of model.call(call, signal)) {
        const visible = step.take(event);
        if (visible !== undefined) {
          if (!shown) record.shown();
          shown = true;
          yield visible;
        }
        if (event.type === "error") failure = event.error;
        if (event.type === "error" || event.type === "finish" || signal.aborted) break;
      }
      signal.throwIfAborted();
      if (failure === undefined && step.finish === undefined) failure = cut(model.ref);
      if (failure !== undefined) {
        record.failed(model.ref, failure);
        const remedy = attempts.failed(failure, shown);
        if (remedy.do === "give up") throw failure;
        if (remedy.do === "again") await sleep(remedy.afterMs, undefined, { signal });
        else yield { type: "fallback", from: remedy.from, to: remedy.to, error: failure };
        continue;
      }

      answered = true;
      attempts.succeeded();
      record.step(model.ref, step.finish?.usage);
      yield { type: "step", model: model.ref, usage: step.finish?.usage };
      const turn = step.turn();
      const { clientCalls, otherCalls, finish } = step;
      if (turn !== undefined) await conversation.add(turn);
      step = undefined;

      stepsLeft -= 1;
      if (otherCalls.length > 0) {
        for await (const event of runTools(run, otherCalls, signal)) {
          yield event;
          if (event.type === "tool_result") await conversation.add(resultTurn(event));
        }
        signal.throwIfAborted();
      }
      if (finish?.reason === "length" || finish?.reason === "content_filter") done = finish.reason;
      else if (clientCalls.length > 0) done = "tool_calls";
      else if (forced(run)) throw ignoredToolChoice(model.ref);
      else if (otherCalls.length === 0) done = "stop";
      else if (stepsLeft === 0) done = "length";
    }
    end = { reason: done };
  } catch (thrown) {
    end = outcome(thrown, deadline?.signal ?? run.signal, answered);
    const partial = step?.turn(end.reason === "aborted" ? "aborted" : "error");
    // The run has failed already; a partial answer that cannot be kept changes nothing more.
    if (partial !== undefined) await conversation?.add(partial).catch(storeFailed(parts.log));
  } finally {
    deadline?.clear();
    await conversation?.close().catch(storeFailed(parts.log));
    leave?.();
  }
  record.end(end.reason, end.error);
  yield { type: "end", usage: record.usage, ...end };
}

const storeFailed =
  (log: Log) =>
  ({ message, cause }: Error): void =>
    log.error("the session store failed", { error: message, cause: String(cause) });

function callOf(run: Run, turns: readonly Turn[]): ModelCall {
  // A forced choice is the client's: with the agent's own tools beside, they could satisfy it.
  const clientNames = new Set(run.tools.map(({ name }) => name));
  const own = forced(run) ? [] : run.agent.tools.filter(({ name }) => !clientNames.has(name));
  const clientTools = run.toolChoice === "none" ? [] : run.tools;
  return {
    system: [run.agent.instructions, run.instructions].filter((text) => text !== "").join("\n\n"),
    turns,
    tools: [...clientTools, ...own],
    toolChoice:
      clientTools.length + own.length === 0 ? "none" : run.toolChoice === "none" ? "auto" : run.toolChoice,
    parallelToolCalls: run.parallelToolCalls,
    responseFormat: run.responseFormat,
    sampling: run.sampling,
    maxOutputTokens: run.maxOutputTokens,
    stop: run.stop,
    thinking: run.thinking ?? run.agent.thinking,
    stream: run.stream,
  };
}

function forced(run: Run): boolean {
  return run.toolChoice === "required" || typeof run.toolChoice === "object";
}

function callIds(turns: readonly Turn[]): ReadonlySet<string> {
  return new Set(turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls.map(({ id }) => id) : [])));
}

function resultTurn({ callId, output }: Extract<RunEvent, { type: "tool_result" }>): Turn {
  return { role: "tool", callId, content: [{ type: "text", text: output.text }], own: true };
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
