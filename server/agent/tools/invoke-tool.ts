/** One tool, run on its own for a caller that names it: under the rules of its door, within its agent's time. */
import { GatewayError, toGatewayError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { refusal } from "../../refusal.ts";
import { createRunSignal } from "../run-signal.ts";
import type { Turnstile } from "../turnstile.ts";
import type { Agent, Clock, Log, NewId, Tool, ToolContext, ToolOutput } from "../types.ts";
import { capOutput, cutText } from "./cap-output.ts";
import { orLeftBehind } from "./left-behind.ts";
import { denialMessage, type Decision } from "./policy.ts";
import type { ToolRegistry } from "./registry.ts";
import { failureText, toolFailure } from "./tool-failure.ts";
import { canonicalName } from "./tool-names.ts";

interface InvokeParts {
  readonly registry: ToolRegistry;
  /** The same as for runs: a tool takes as much of the machine. */
  readonly slots: Turnstile;
  readonly maxSlotWaitMs: number;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
}

export interface Invocation {
  readonly surface: "http" | "socket";
  readonly requestId: string;
  readonly credential: string;
  readonly agent: Agent;
  readonly sessionKey: string | undefined;
  /** As the caller wrote it. */
  readonly tool: string;
  readonly action: string | undefined;
  readonly args: Readonly<Record<string, unknown>>;
  /** Everything is checked and nothing is run. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

type Invoked = { readonly output: ToolOutput } | { readonly decision: Decision };

/** Rejects with a `GatewayError`. */
export type InvokeTool = (invocation: Invocation) => Promise<Invoked>;

const maxMessage = 1_000;

export function createInvokeTool(parts: InvokeParts): InvokeTool {
  const { registry } = parts;

  return async (invocation) => {
    const runId = parts.newId("run_");
    const note = noteOutcome(invocation, runId, parts);
    try {
      const invoked = await invoke(invocation, runId);
      note("output" in invoked ? "done" : "dry_run");
      return invoked;
    } catch (thrown) {
      const error = toGatewayError(thrown);
      note(error.code, error.cause);
      throw error;
    }
  };

  async function invoke(invocation: Invocation, runId: string): Promise<Invoked> {
    const { agent, surface, tool: name, dryRun } = invocation;
    if (!registry.mayExist(agent.id, name)) throw await notFound(invocation, registry);
    const decision = registry.decide({
      agentId: agent.id,
      model: agent.models[0]?.ref ?? "",
      surface,
      tool: name,
    });
    if (!decision.allowed) {
      if (dryRun) return { decision };
      throw new GatewayError("tool_denied", denialMessage(name, decision.denials), { param: "tool" });
    }

    const { signal, startClock, clear } = createRunSignal(invocation.signal);
    let leave = (): void => {};
    let began = false;
    try {
      leave = await parts.slots.enter(signal, parts.maxSlotWaitMs);
      startClock(agent.timeoutSeconds);
      const tool = await registry.find(agent.id, name, signal);
      if (tool === undefined) throw await notFound(invocation, registry);
      const args = argumentsFor(tool, invocation);
      if (dryRun) return { decision };
      began = true;
      const output = await orLeftBehind(tool.run(args, contextOf(invocation, runId, signal)), signal);
      signal.throwIfAborted();
      if (output.isError) throw new Error(failureText(output));
      return { output: capOutput(output) };
    } catch (thrown) {
      throw toolFailure(thrown, signal, began);
    } finally {
      clear();
      leave();
    }
  }
}

function contextOf(invocation: Invocation, runId: string, signal: AbortSignal): ToolContext {
  const { agent, credential, sessionKey, surface } = invocation;
  return { runId, agentId: agent.id, credential, sessionKey, surface, signal, report: () => {} };
}

/** Throws when the tool does not take them. */
function argumentsFor(tool: Tool, { action, args }: Invocation): Readonly<Record<string, unknown>> {
  const known = tool.parameters["properties"];
  const takesAction = typeof known === "object" && known !== null && Object.hasOwn(known, "action");
  const given =
    action !== undefined && takesAction && !Object.hasOwn(args, "action") ? { ...args, action } : args;
  const issues = tool.check(given);
  if (issues.length === 0) return given;
  throw refusal(
    issues.map((issue) => ({ ...issue, path: ["args", ...issue.path] })),
    "args",
  );
}

async function notFound({ agent, tool, signal }: Invocation, registry: ToolRegistry): Promise<GatewayError> {
  const names = await registry.namesNear(agent.id, tool, signal);
  const near = nearest(tool, names);
  const hint = near === undefined ? `Tools: ${names.join(", ")}.` : `Did you mean ${JSON.stringify(near)}?`;
  const message = `There is no tool ${JSON.stringify(tool.slice(0, 64))}. ${hint}`;
  return new GatewayError("tool_not_found", cutText(message, maxMessage), { param: "tool" });
}

/** Leaves the one line in the log. Arguments and results are nobody's business there. */
function noteOutcome(
  { requestId, credential, agent, sessionKey, tool }: Invocation,
  runId: string,
  { registry, clock, log }: InvokeParts,
): (outcome: string, cause?: unknown) => void {
  const startedAt = clock();
  return (outcome, cause) =>
    log.info("tool", {
      requestId,
      runId,
      credential,
      agent: agent.id,
      ...(sessionKey === undefined ? {} : { sessionKey }),
      // A name that no tool has may be anything.
      ...(registry.mayExist(agent.id, tool) ? { tool: canonicalName(tool) } : {}),
      outcome,
      ...(cause instanceof Error ? { cause: cause.stack ?? cause.message } : {}),
      totalMs: clock() - startedAt,
    });
}
