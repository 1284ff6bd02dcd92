/** The runs that have not ended, as people watch them: how long each waits and for what, its model, steps and tokens. */
import { LinkedList } from "../lib/linked-list.ts";
import type { Clock } from "../lib/ports.ts";
import type { RunningRuns } from "./running-runs.ts";
import type { Run, RunEvent } from "./types.ts";

export interface ListedRun {
  readonly run: Run;
  readonly createdAt: number;
  /** Absent while it waits. */
  readonly startedAt: number | undefined;
  readonly wait: Wait | undefined;
  /** Name of the credential that owns its session. */
  readonly owner: string | undefined;
  /** The model of the last step. Until then the one that is asked first. */
  readonly model: string;
  /** Model calls that have ended. */
  readonly steps: number;
  /** The tool that runs. */
  readonly tool: string | undefined;
  /** Of the steps that have ended. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

interface Wait {
  /** Its session is at work, or every run slot is taken. */
  readonly for: "session" | "slot";
  /** Runs that go before it. */
  readonly ahead: number;
  /** When it fails if its turn has not come. */
  readonly until: number;
}

export interface RunList {
  /** In the order of their requests. */
  list(): readonly ListedRun[];
}

interface RunState {
  readonly run: Run;
  readonly createdAt: number;
  startedAt: number | undefined;
  /** Since when it waits for a slot. Undefined while it waits for its session. */
  waitsForSlotSince: number | undefined;
  /** Name of the credential that owns the session. */
  owner: string | undefined;
  model: string;
  steps: number;
  tool: string | undefined;
  inputTokens: number;
  outputTokens: number;
}

export function createRunList(
  running: Pick<RunningRuns, "watch">,
  { clock, getMaxSlotWaitMs }: { readonly clock: Clock; readonly getMaxSlotWaitMs: () => number },
): RunList {
  const states = new LinkedList<RunState>();
  const listSession = (key: string | undefined): readonly RunState[] =>
    key === undefined ? [] : [...states].filter(({ run }) => run.sessionKey === key);

  running.watch((run) => {
    const now = clock();
    const state: RunState = {
      run,
      createdAt: now,
      startedAt: undefined,
      waitsForSlotSince: listSession(run.sessionKey).length === 0 ? now : undefined,
      owner: undefined,
      model: run.models[0]?.ref ?? "",
      steps: 0,
      tool: undefined,
      inputTokens: 0,
      outputTokens: 0,
    };
    const node = states.add(state);
    return (event) => {
      apply(state, event, clock);
      if (event.type !== "end") return;
      states.remove(node);
      const [next] = listSession(run.sessionKey);
      if (next !== undefined) next.waitsForSlotSince ??= clock();
    };
  });

  const describeWait = (state: RunState): Wait | undefined => {
    const { run, createdAt, startedAt, waitsForSlotSince } = state;
    if (startedAt !== undefined) return undefined;
    if (waitsForSlotSince === undefined) {
      const ahead = listSession(run.sessionKey).indexOf(state);
      return { for: "session", ahead, until: createdAt + run.agent.timeoutSeconds * 1000 };
    }
    const isAhead = (other: RunState): boolean =>
      other.startedAt === undefined && (other.waitsForSlotSince ?? Infinity) < waitsForSlotSince;
    const ahead = [...states].filter(isAhead).length;
    return { for: "slot", ahead, until: waitsForSlotSince + getMaxSlotWaitMs() };
  };
  return {
    list: () => [...states].map((state) => ({ ...state, wait: describeWait(state) })),
  };
}

function apply(state: RunState, event: RunEvent, clock: Clock): void {
  switch (event.type) {
    case "start":
      state.startedAt = clock();
      state.owner = event.owner;
      return;
    case "tool_start":
      state.tool = event.call.name;
      return;
    case "tool_result":
      state.tool = undefined;
      return;
    case "step":
      state.model = event.model;
      state.steps += 1;
      state.inputTokens += event.usage?.input ?? 0;
      state.outputTokens += event.usage?.output ?? 0;
      return;
    default:
  }
}
