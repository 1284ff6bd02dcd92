/** Runs for tests of the agent without HTTP, and without a store by default. */
import { createNodeSqlite } from "../../../server/agent/sessions/node-sqlite.ts";
import { openSqlStore } from "../../../server/agent/sessions/sql-store.ts";
import type { SessionStore } from "../../../server/agent/sessions/store.ts";
import type { Budgets } from "../../../server/agent/budgets.ts";
import { createCooldowns } from "../../../server/agent/cooldowns.ts";
import { createEphemeralToolHistory } from "../../../server/agent/ephemeral-tool-history.ts";
import { createMemoryToolTurns } from "../../../server/agent/tool-turns.ts";
import { foldRun, type RunResult } from "../../../server/agent/fold-run.ts";
import { iterateRun } from "./iterate-run.ts";
import { toModel } from "../../../server/agent/models/model-stream.ts";
import { createRunAgent } from "../../../server/agent/run-agent.ts";
import type { AnswerLimits } from "../../../server/agent/step.ts";
import { createRunningRuns, type RunningRuns } from "../../../server/agent/running-runs.ts";
import { createKeyedSemaphore, createSemaphore } from "../../../server/agent/semaphore.ts";
import type { Clock, Log, LogFields } from "../../../server/lib/ports.ts";
import type {
  Agent,
  ModelStream,
  Run,
  RunAgent,
  RunEvent,
  Tool,
  ToolContext,
  ToolOutput,
  Turn,
} from "../../../server/agent/types.ts";
import { createRunLog } from "../../../server/telemetry/run-log.ts";
import { GatewayError } from "../../../server/lib/errors.ts";
import { randomId } from "../../../server/lib/ids.ts";
import { modelTurn } from "./turns.ts";

/** The store of ephemeral runs, which must not use it. */
const unusedStore: SessionStore = {
  acquire: () => Promise.reject(new Error("an ephemeral run touched the store")),
  close: () => Promise.resolve(),
};

const noBudgets: Budgets = {
  admit: () => {},
  reserve: () => undefined,
  getRates: () => undefined,
};

export const noLimits: AnswerLimits = { maxAnswerBytes: 0, maxCallArgumentBytes: 0, maxCallsPerStep: 0 };

/** Yields the events of a run one by one. */
export type IterateRun = (run: Run) => AsyncIterable<RunEvent>;

export interface TestAgentRunner {
  /** The function itself, as the gateway uses it. */
  readonly pushRun: RunAgent;
  readonly runAgent: IterateRun;
  readonly running: RunningRuns;
  /** The fields of the log lines of runs. */
  readonly lines: LogFields[];
}

export function createTestRunner(
  store: SessionStore = unusedStore,
  clock: Clock = Date.now,
  answerLimits: Partial<AnswerLimits> = {},
): TestAgentRunner {
  const lines: LogFields[] = [];
  const noop = (): void => {};
  const limits = { limit: 32, maxQueued: 16 };
  const createError = (): GatewayError => new GatewayError("session_busy", "busy");
  const logRun = (message: string, fields = {}): void => void (message === "run" && lines.push(fields));
  const log: Log = {
    debug: noop,
    warn: logRun,
    error: logRun,
    info: (_message, fields = {}) => void lines.push(fields),
  };
  const running = createRunningRuns(log);
  const pushRun = createRunAgent({
    store,
    toolHistory: createEphemeralToolHistory(createMemoryToolTurns(clock)),
    running,
    cooldowns: createCooldowns(clock, log),
    clock,
    newId: randomId,
    log,
    acquireSessionLock: createKeyedSemaphore({ ...limits, limit: 1, createError }).acquire,
    observers: [createRunLog(log)],
    memory: { requireRoom: noop },
    budgets: noBudgets,
    limits: { ...noLimits, ...answerLimits },
    maxSlotWaitMs: 5_000,
    slots: createSemaphore({ ...limits, createError }),
  });
  return { pushRun, runAgent: (run) => iterateRun(pushRun, run), running, lines };
}

export function openTestStore(file: string, isExclusive = true): Promise<SessionStore> {
  const database = createNodeSqlite(file);
  return openSqlStore({ database, clock: Date.now, newId: randomId, isExclusive });
}

interface TestRunOptions extends Partial<Omit<Run, "agent" | "models">> {
  readonly model: ModelStream;
  /** Tried in order when the model fails. */
  readonly fallbacks?: readonly ModelStream[];
  readonly agent?: Partial<Agent> & { readonly tools?: readonly Tool[] };
}

export function createTestRun({ model, fallbacks = [], agent = {}, ...rest }: TestRunOptions): Run {
  const { tools = [], ...agentOverrides } = agent;
  const models = [model, ...fallbacks].map((call, index) => ({ ref: `test/${index}`, call: toModel(call) }));
  const turns = rest.turns ?? [userTurn("hello")];
  return {
    id: randomId("run_"),
    requestId: "req_test",
    credential: "operator",
    agent: {
      id: "main",
      name: undefined,
      models,
      description: undefined,
      offeredModels: { list: [], patterns: [], isOpenToOperator: true, find: () => undefined },
      instructions: "",
      workspaceFiles: () => Promise.resolve(""),
      toolbox: { toolsFor: () => tools },
      maxSteps: 8,
      timeoutSeconds: 30,
      thinking: undefined,
      ...agentOverrides,
    },
    models,
    instructions: "",
    turns,
    operation: "createChatCompletion",
    turnsParam: "messages",
    turnParams: turns.map((_, index) => `messages[${index}]`),
    sessionKey: undefined,
    tools: [],
    toolChoice: "auto",
    parallelToolCalls: true,
    responseFormat: undefined,
    sampling: {},
    maxOutputTokens: undefined,
    stop: [],
    thinking: undefined,
    stream: true,
    signal: new AbortController().signal,
    ...rest,
  };
}

export const userTurn = (text: string): Turn => ({ role: "user", content: [{ type: "text", text }] });

export const assistantTurn = (text: string, ...callIds: readonly string[]): Turn =>
  modelTurn({ text, calls: callIds.map((id) => ({ id, name: "look", arguments: "{}" })) });

export const toolTurn = (callId: string, text: string): Turn => ({
  role: "tool",
  callId,
  content: [{ type: "text", text }],
});

/** Folds the events of a run as an unstreamed reply does. */
export const foldEvents = (events: AsyncIterable<RunEvent>): Promise<RunResult> =>
  foldRun(async (sink) => {
    for await (const event of events) sink.emit(event);
  });

export async function collectEvents(events: AsyncIterable<RunEvent>): Promise<readonly RunEvent[]> {
  const collected: RunEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

export const findEnd = (events: readonly RunEvent[]): Extract<RunEvent, { type: "end" }> => {
  const end = events.at(-1);
  if (end?.type !== "end") throw new Error("no end");
  return end;
};

export const joinText = (events: readonly RunEvent[]): string =>
  events.map((event) => (event.type === "text" ? event.text : "")).join("");

/** Creates an agent tool that accepts any arguments. */
export const createTestTool = (
  name: string,
  run: (args: unknown, context: ToolContext) => Promise<ToolOutput>,
  overrides: Partial<Tool> = {},
): Tool => ({ name, description: name, parameters: { type: "object" }, check: () => [], run, ...overrides });

export const textOutput = (text: string): ToolOutput => ({
  content: [{ type: "text", text }],
  isError: false,
});
