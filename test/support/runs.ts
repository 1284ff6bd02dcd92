/** Runs for tests of the agent alone: no HTTP, a store in memory or none. */
import type { Dialect } from "kysely";
import { nodeSqliteDialect } from "../../server/agent/sessions/node-sqlite.ts";
import { openSqlStore } from "../../server/agent/sessions/sql-store.ts";
import type { SessionStore } from "../../server/agent/sessions/store.ts";
import { createCooldowns } from "../../server/agent/cooldowns.ts";
import { createHiddenTurns } from "../../server/agent/hidden-turns.ts";
import { createRunAgent } from "../../server/agent/run-agent.ts";
import { createRunningRuns, type RunningRuns } from "../../server/agent/running-runs.ts";
import { createLanes, createTurnstile } from "../../server/agent/turnstile.ts";
import type {
  Agent,
  Clock,
  LogFields,
  Model,
  Run,
  RunAgent,
  RunEvent,
  Tool,
  ToolContext,
  ToolOutput,
  Turn,
} from "../../server/agent/types.ts";
import { GatewayError } from "../../server/errors.ts";
import { randomId } from "../../server/ids.ts";

/** A store that must not be touched: what an ephemeral run gets. */
const untouchable: SessionStore = {
  acquire: () => Promise.reject(new Error("an ephemeral run touched the store")),
  close: () => Promise.resolve(),
};

export interface TestAgentRunner {
  readonly runAgent: RunAgent;
  readonly running: RunningRuns;
  /** The fields of the lines that runs left in the log. */
  readonly lines: LogFields[];
}

export function testRunner(store: SessionStore = untouchable, clock: Clock = Date.now): TestAgentRunner {
  const lines: LogFields[] = [];
  const nothing = (): void => {};
  const limits = { holders: 32, waiting: 16 };
  const refuse = (): GatewayError => new GatewayError("session_busy", "busy");
  const running = createRunningRuns();
  const runAgent = createRunAgent({
    store,
    hidden: createHiddenTurns(clock),
    running,
    cooldowns: createCooldowns(clock),
    clock,
    newId: randomId,
    log: { debug: nothing, warn: nothing, error: nothing, info: (_, fields = {}) => void lines.push(fields) },
    enterLane: createLanes({ ...limits, holders: 1, refuse }),
    maxSlotWaitMs: 5_000,
    slots: createTurnstile({ ...limits, refuse }),
  });
  return { runAgent, running, lines };
}

export function openTestStore(file: string, exclusive = true): Promise<SessionStore> {
  const dialect: Dialect = nodeSqliteDialect(file);
  return openSqlStore({ dialect, clock: Date.now, newId: randomId, exclusive });
}

interface TestRunOptions extends Partial<Omit<Run, "agent" | "models">> {
  readonly model: Model;
  /** Tried in order when the model fails. */
  readonly fallbacks?: readonly Model[];
  readonly agent?: Partial<Agent> & { readonly tools?: readonly Tool[] };
}

export function testRun({ model, fallbacks = [], agent = {}, ...rest }: TestRunOptions): Run {
  const { tools = [], ...ofAgent } = agent;
  const models = [model, ...fallbacks].map((call, index) => ({ ref: `test/${index}`, call }));
  const turns = rest.turns ?? [user("hello")];
  return {
    id: randomId("run_"),
    requestId: "req_test",
    credential: "operator",
    agent: {
      id: "main",
      name: undefined,
      models,
      allowedModels: [],
      instructions: "",
      workspaceFiles: () => Promise.resolve(""),
      toolbox: { toolsFor: () => tools },
      maxSteps: 8,
      timeoutSeconds: 30,
      thinking: undefined,
      ...ofAgent,
    },
    models,
    instructions: "",
    turns,
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

export const user = (text: string): Turn => ({ role: "user", content: [{ type: "text", text }] });

export const assistant = (text: string, ...callIds: readonly string[]): Turn => ({
  role: "assistant",
  text,
  calls: callIds.map((id) => ({ id, name: "look", arguments: "{}" })),
});

export const result = (callId: string, text: string): Turn => ({
  role: "tool",
  callId,
  content: [{ type: "text", text }],
});

export async function collect(events: AsyncIterable<RunEvent>): Promise<readonly RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

export const last = (events: readonly RunEvent[]): Extract<RunEvent, { type: "end" }> => {
  const end = events.at(-1);
  if (end?.type !== "end") throw new Error("no end");
  return end;
};

export const texts = (events: readonly RunEvent[]): string =>
  events.map((event) => (event.type === "text" ? event.text : "")).join("");

/** A tool of the agent's own that takes anything. */
export const tool = (
  name: string,
  run: (args: unknown, context: ToolContext) => Promise<ToolOutput>,
  more: Partial<Tool> = {},
): Tool => ({ name, description: name, parameters: { type: "object" }, check: () => [], run, ...more });

export const output = (text: string): ToolOutput => ({ content: [{ type: "text", text }], isError: false });
