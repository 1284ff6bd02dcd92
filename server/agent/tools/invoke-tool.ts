/** Runs one tool for a caller outside a run, under the tool policy of the surface and the timeout of the agent. */
import type { ErrorCode } from "../../../contracts/errors.ts";
import { GatewayError, markLogged, toGatewayError } from "../../lib/errors.ts";
import { waitWithGrace } from "../../lib/abort.ts";
import { suggest } from "../../lib/did-you-mean.ts";
import { truncateText } from "../../lib/truncate-text.ts";
import { toValidationError } from "../../lib/validation-error.ts";
import { createRunSignal } from "../run-signal.ts";
import type { Semaphore } from "../semaphore.ts";
import type { Clock, Log, NewId } from "../../lib/ports.ts";
import { createChildContext, type TraceContext } from "../../lib/trace-context.ts";
import type { Agent, Tool, ToolContext, ToolOutput } from "../types.ts";
import { capOutput } from "./cap-output.ts";
import { formatDenials, type Decision } from "./policy.ts";
import type { ToolRegistry } from "./registry.ts";
import { getResultText, toToolError } from "./tool-error.ts";
import { toCanonicalName } from "../../lib/tool-names.ts";

interface InvokeToolDeps {
  readonly registry: ToolRegistry;
  /** Shared with runs, because a tool call uses as many resources as a run. */
  readonly slots: Semaphore;
  readonly maxSlotWaitMs: number;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly observe?: ObserveInvocation | undefined;
}

/** Called when an invocation has ended. `tool` is undefined for a name that does not exist. */
export type ObserveInvocation = (call: {
  readonly invocation: ToolInvocation;
  readonly tool: string | undefined;
  /** The code of the failure. */
  readonly code: ErrorCode | undefined;
  readonly durationMs: number;
  /** The span of the call; undefined while traces are off. */
  readonly trace: TraceContext | undefined;
}) => void;

export interface ToolInvocation {
  readonly surface: "http" | "socket";
  readonly requestId: string;
  /** The span of the request; undefined while traces are off. */
  readonly trace?: TraceContext | undefined;
  readonly credential: string;
  readonly agent: Agent;
  readonly sessionKey: string | undefined;
  /** The tool's name as the caller wrote it. */
  readonly tool: string;
  readonly action: string | undefined;
  readonly args: Readonly<Record<string, unknown>>;
  /** True: all checks are made, but the tool is not run. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** Called with output while the tool runs. */
  readonly report?: ((text: string) => void) | undefined;
}

type InvokeToolResult = { readonly output: ToolOutput } | { readonly decision: Decision };

/** Rejects with a `GatewayError`. */
export type InvokeTool = (invocation: ToolInvocation) => Promise<InvokeToolResult>;

const maxMessageLength = 1_000;

export function createInvokeTool(deps: InvokeToolDeps): InvokeTool {
  const { registry } = deps;

  return async (request) => {
    const trace = request.trace && createChildContext(request.trace);
    const invocation: ToolInvocation = { ...request, trace };
    const runId = deps.newId("run_");
    const recordOutcome = createOutcomeRecorder(invocation, runId, deps);
    try {
      const result = await invoke(invocation, runId);
      recordOutcome("output" in result ? "done" : "dry_run");
      return result;
    } catch (thrown) {
      const error = toGatewayError(thrown);
      recordOutcome(error.code, error);
      markLogged(error, invocation.requestId);
      throw error;
    }
  };

  async function invoke(invocation: ToolInvocation, runId: string): Promise<InvokeToolResult> {
    const { agent, surface, tool: name, dryRun } = invocation;
    if (!registry.canExist(agent.id, name)) throw await createNotFoundError(invocation, registry);
    const decision = registry.decide({
      agentId: agent.id,
      model: agent.models[0]?.ref ?? "",
      surface,
      tool: name,
    });
    if (!decision.allowed) {
      if (dryRun) return { decision };
      throw new GatewayError("tool_denied", formatDenials(name, decision.denials), { param: "tool" });
    }

    const { signal, startTimeout, dispose } = createRunSignal(invocation.signal);
    let release = (): void => {};
    let hasStarted = false;
    try {
      release = await deps.slots.acquire(signal, deps.maxSlotWaitMs);
      startTimeout(agent.timeoutSeconds);
      const tool = await registry.findTool(agent.id, name, signal);
      if (tool === undefined) throw await createNotFoundError(invocation, registry);
      const args = resolveArguments(tool, invocation);
      if (dryRun) return { decision };
      hasStarted = true;
      const output = await waitWithGrace(
        tool.run(args, createToolContext(invocation, runId, signal)),
        signal,
      );
      signal.throwIfAborted();
      if (output.isError) throw new Error(getResultText(output));
      return { output: capOutput(output) };
    } catch (thrown) {
      throw toToolError(thrown, signal, hasStarted);
    } finally {
      dispose();
      release();
    }
  }
}

const ignore = (): void => {};

function createToolContext(invocation: ToolInvocation, runId: string, signal: AbortSignal): ToolContext {
  const { agent, credential, sessionKey, surface, trace, report = ignore } = invocation;
  return { runId, agentId: agent.id, credential, sessionKey, surface, trace, signal, report };
}

/** Throws a validation error when the tool does not accept the arguments. */
function resolveArguments(tool: Tool, { action, args }: ToolInvocation): Readonly<Record<string, unknown>> {
  const properties = tool.parameters["properties"];
  const acceptsAction =
    typeof properties === "object" && properties !== null && Object.hasOwn(properties, "action");
  const resolved =
    action !== undefined && acceptsAction && !Object.hasOwn(args, "action") ? { ...args, action } : args;
  const issues = tool.check(resolved);
  if (issues.length === 0) return resolved;
  throw toValidationError(
    issues.map((issue) => ({ ...issue, path: ["args", ...issue.path] })),
    "args",
  );
}

async function createNotFoundError(
  { agent, tool, signal }: ToolInvocation,
  registry: ToolRegistry,
): Promise<GatewayError> {
  const names = await registry.listCandidateNames(agent.id, tool, signal);
  const suggestion = suggest(tool, names);
  const hint =
    suggestion === undefined ? `Tools: ${names.join(", ")}.` : `Did you mean ${JSON.stringify(suggestion)}?`;
  const message = `There is no tool ${JSON.stringify(tool.slice(0, 64))}. ${hint}`;
  return new GatewayError("tool_not_found", truncateText(message, maxMessageLength), { param: "tool" });
}

/** Returns a function that writes one log entry and tells the observer. Arguments and results are private and never logged. */
function createOutcomeRecorder(
  invocation: ToolInvocation,
  runId: string,
  { registry, clock, log, observe }: InvokeToolDeps,
): (outcome: string, error?: GatewayError) => void {
  const { requestId, credential, agent, sessionKey, trace } = invocation;
  const startedAt = clock();
  return (outcome, error) => {
    // An unknown name is arbitrary user input and is not logged.
    const isKnown = registry.canExist(agent.id, invocation.tool);
    const tool = isKnown ? toCanonicalName(invocation.tool) : undefined;
    const durationMs = clock() - startedAt;
    const cause = error?.cause;
    log.info("tool", {
      requestId,
      traceId: trace?.traceId,
      runId,
      credential,
      agent: agent.id,
      ...(sessionKey === undefined ? {} : { sessionKey }),
      ...(tool === undefined ? {} : { tool }),
      outcome,
      ...(cause instanceof Error ? { cause: cause.stack ?? cause.message } : {}),
      totalMs: durationMs,
    });
    if (outcome !== "dry_run") observe?.({ invocation, tool, code: error?.code, durationMs, trace });
  };
}
