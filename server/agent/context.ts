/** Builds the model call of each step: system prompt, turns and tools. Compacts a conversation that would not fit. */
import { createHash } from "node:crypto";
import { limits } from "../../contracts/limits.ts";
import { describeError, GatewayError } from "../lib/errors.ts";
import type { Log } from "../lib/ports.ts";
import type { AccountCall } from "./account-call.ts";
import { compact, estimateTokens, type Compaction } from "./compaction.ts";
import type { Conversation } from "./sessions/conversation.ts";
import type { ModelCall, NamedModel, Run, Tool } from "./types.ts";

export interface Context {
  /** Builds the next call of this model. */
  prepare(model: NamedModel, signal: AbortSignal): Promise<PreparedCall>;
  /** Compacts after a provider rejected the conversation as too long. Undefined when it cannot or must not be compacted. */
  shrink(model: NamedModel, signal: AbortSignal): Promise<Compaction | undefined>;
}

export interface PreparedCall {
  readonly call: ModelCall;
  readonly tools: readonly Tool[];
  /** Present when this call compacted the conversation. */
  readonly compaction: Compaction | undefined;
}

/** Longest conversation of several requests, in estimated tokens, when no context window is known. */
const defaultContextTokens = 128_000;
/** A conversation that fills more than this share of its longest length is compacted. */
const compactionThreshold = 0.85;
/** Share of the longest length that the kept turns can fill. */
const compactionTarget = 0.4;
/** Compactions after a rejection by the provider, in one run. */
const maxShrinks = 2;

export async function createContext(
  run: Run,
  conversation: Conversation,
  accountCall: AccountCall,
  log: Log,
): Promise<Context> {
  const system = await buildSystemPrompt(run);
  let shrinkCount = 0;

  /** Models that were offered more tools than many providers accept. */
  const warnedModels = new Set<string>();
  const warnOfTools = (model: string, count: number): void => {
    if (count <= limits.tools || warnedModels.has(model)) return;
    warnedModels.add(model);
    const { requestId, id: runId, agent } = run;
    const fields = { requestId, runId, agent: agent.id, model, tools: count };
    log.warn("many tools are offered, which providers may reject", fields);
  };

  const buildCall = (tools: readonly Tool[]): ModelCall => {
    const clientTools = selectClientTools(run);
    const hasNoTools = clientTools.length + tools.length === 0;
    return {
      system,
      turns: conversation.turns,
      tools: [...clientTools, ...tools],
      toolChoice: hasNoTools ? "none" : run.toolChoice === "none" ? "auto" : run.toolChoice,
      parallelToolCalls: run.parallelToolCalls,
      responseFormat: run.responseFormat,
      sampling: run.sampling,
      maxOutputTokens: run.maxOutputTokens,
      stop: run.stop,
      thinking: run.thinking ?? run.agent.thinking,
      promptCache: { ...run.promptCache, key: run.promptCache?.key ?? hashSessionKey(run.sessionKey) },
      stream: run.stream,
    };
  };
  const compactConversation = async (
    model: NamedModel,
    keepTokens: number,
    signal: AbortSignal,
  ): Promise<Compaction | undefined> => {
    const { requestId, id: runId, sessionKey } = run;
    const turns = conversation.turns.length;
    log.info("the conversation is compacted", { requestId, runId, sessionKey, model: model.ref, turns });
    const compaction = await compact(conversation, model, { keepTokens, signal, accountCall });
    if (compaction !== undefined) await conversation.compact(compaction.summary, compaction.keptCount);
    return compaction;
  };

  const logFailure = (error: unknown): undefined => {
    const { requestId, id: runId } = run;
    log.warn("the conversation could not be compacted", { requestId, runId, cause: describeError(error) });
  };

  return {
    async prepare(model, signal) {
      const tools = await selectAgentTools(run, model.ref, signal);
      const call = buildCall(tools);
      warnOfTools(model.ref, call.tools.length);
      const { contextWindow } = model;
      const contextTokens = findContextTokens(run, conversation, contextWindow);
      const tokens = contextTokens === undefined ? 0 : estimateTokens(call);
      if (contextTokens === undefined || tokens <= contextTokens * compactionThreshold)
        return { call, tools, compaction: undefined };
      if (run.truncation !== "disabled") {
        // Only an estimate says that it is too long. If compaction fails, the provider decides.
        const compaction = await compactConversation(model, contextTokens * compactionTarget, signal).catch(
          logFailure,
        );
        return { call, tools, compaction };
      }
      if (contextWindow !== undefined && tokens > contextWindow)
        throw createContextLengthError(run, model.ref, tokens, contextWindow);
      return { call, tools, compaction: undefined };
    },
    async shrink(model, signal) {
      if (run.truncation === "disabled" || shrinkCount === maxShrinks) return undefined;
      shrinkCount += 1;
      const currentTokens = estimateTokens(buildCall([]));
      return compactConversation(
        model,
        Math.min(currentTokens, model.contextWindow ?? currentTokens) / 2 ** shrinkCount,
        signal,
      );
    },
  };
}

/**
 * Returns the longest conversation in tokens. Undefined when the provider decides: the window of the model is unknown, and
 * the caller has sent the whole conversation.
 */
function findContextTokens(
  { agent }: Run,
  { isContinued }: Conversation,
  contextWindow: number | undefined,
): number | undefined {
  if (agent.contextTokens !== undefined) return Math.min(agent.contextTokens, contextWindow ?? Infinity);
  return contextWindow ?? (isContinued ? defaultContextTokens : undefined);
}

/** Session keys may name people. */
const hashSessionKey = (key: string | undefined): string | undefined =>
  key === undefined ? undefined : createHash("sha256").update(key).digest("base64url").slice(0, 32);

/** The parts of a run that a model call contains beside the turns. */
type PromptSource = Pick<Run, "agent" | "credential" | "instructions" | "tools" | "toolChoice">;

type FirstCall = Pick<ModelCall, "system" | "turns" | "tools">;

type FirstCallSource = PromptSource & Pick<Run, "models" | "turns">;

/**
 * Counts the input tokens of the first model call of a run, without calling the model: asks the provider of the first model,
 * and estimates where it has no counter or fails.
 */
export async function countFirstCall(
  run: FirstCallSource & Pick<Run, "parallelToolCalls" | "responseFormat" | "thinking">,
  signal: AbortSignal,
): Promise<{ readonly tokens: number; readonly isEstimate: boolean }> {
  const first = await buildFirstCall(run, signal);
  const { parallelToolCalls, responseFormat, toolChoice } = run;
  const call: ModelCall = {
    ...first,
    toolChoice: first.tools.length === 0 ? "none" : toolChoice === "none" ? "auto" : toolChoice,
    parallelToolCalls,
    responseFormat,
    sampling: {},
    stop: [],
    thinking: run.thinking ?? run.agent.thinking,
    stream: true,
  };
  const tokens = await run.models[0]?.countTokens?.(call, signal);
  return tokens === undefined
    ? { tokens: estimateTokens(first), isEstimate: true }
    : { tokens, isEstimate: false };
}

async function buildFirstCall(run: FirstCallSource, signal: AbortSignal): Promise<FirstCall> {
  const [model] = run.models;
  const agentTools = model === undefined ? [] : await selectAgentTools(run, model.ref, signal);
  return {
    system: await buildSystemPrompt(run),
    turns: run.turns,
    tools: [...selectClientTools(run), ...agentTools],
  };
}

async function buildSystemPrompt({ agent, instructions, credential }: PromptSource): Promise<string> {
  const files = await agent.workspaceFiles(credential);
  return [agent.instructions, files, instructions].filter((text) => text !== "").join("\n\n");
}

function selectClientTools({ toolChoice, tools }: PromptSource): Run["tools"] {
  return toolChoice === "none" ? [] : tools;
}

/** Offers no agent tools when the client forces a tool call, because they could satisfy the choice instead. */
async function selectAgentTools(
  run: PromptSource,
  model: string,
  signal: AbortSignal,
): Promise<readonly Tool[]> {
  if (isToolCallForced(run)) return [];
  const tools = await run.agent.toolbox.toolsFor(model, signal);
  if (run.tools.length === 0) return tools;
  const clientToolNames = new Set(run.tools.map(({ name }) => name));
  return tools.filter(({ name }) => !clientToolNames.has(name));
}

/** True if `tool_choice` requires a call of a client tool. */
export function isToolCallForced({ toolChoice }: Pick<Run, "toolChoice">): boolean {
  return toolChoice === "required" || typeof toolChoice === "object";
}

function createContextLengthError(
  { turnsParam }: Run,
  model: string,
  tokens: number,
  window: number,
): GatewayError {
  return new GatewayError(
    "context_length_exceeded",
    `${turnsParam}: the prompt is too long: ${tokens} tokens > ${window} maximum (${model}, estimated). Send less; truncation "auto" of a response lets the gateway shorten it.`,
    { param: turnsParam },
  );
}
