/** What a model is given in each step of a run: system prompt, turns, tools; made shorter when it would not fit. */
import { GatewayError } from "../errors.ts";
import { compact, estimateTokens, type Compaction } from "./compaction.ts";
import type { Conversation } from "./sessions/conversation.ts";
import type { ModelCall, NamedModel, Run, Tool } from "./types.ts";

export interface Context {
  /** The next call of this model, and which tools of the agent's own it offers. */
  prepare(model: NamedModel, signal: AbortSignal): Promise<Prepared>;
  /** After a provider found the conversation too long. Undefined when it cannot or must not be made shorter. */
  shrink(model: NamedModel, signal: AbortSignal): Promise<Compaction | undefined>;
}

export interface Prepared {
  readonly call: ModelCall;
  readonly tools: readonly Tool[];
  /** Set when the conversation has just been made shorter. */
  readonly compaction: Compaction | undefined;
}

/** A conversation is compacted when it takes more than this part of the window, to that part. */
const full = 0.85;
const kept = 0.4;
/** How often a provider may refuse the conversation of one run as too long. */
const maxShrinks = 2;

export async function createContext(run: Run, conversation: Conversation): Promise<Context> {
  const system = await systemOf(run);
  let shrinks = 0;

  const callFor = (tools: readonly Tool[]): ModelCall => {
    const clientTools = clientToolsOf(run);
    const none = clientTools.length + tools.length === 0;
    return {
      system,
      turns: conversation.turns,
      tools: [...clientTools, ...tools],
      toolChoice: none ? "none" : run.toolChoice === "none" ? "auto" : run.toolChoice,
      parallelToolCalls: run.parallelToolCalls,
      responseFormat: run.responseFormat,
      sampling: run.sampling,
      maxOutputTokens: run.maxOutputTokens,
      stop: run.stop,
      thinking: run.thinking ?? run.agent.thinking,
      stream: run.stream,
    };
  };
  const shorten = async (
    model: NamedModel,
    keepTokens: number,
    signal: AbortSignal,
  ): Promise<Compaction | undefined> => {
    const compaction = await compact(conversation, model, keepTokens, signal);
    if (compaction !== undefined) await conversation.compact(compaction.summary, compaction.kept);
    return compaction;
  };

  return {
    async prepare(model, signal) {
      const tools = await ownTools(run, model.ref, signal);
      const call = callFor(tools);
      const { contextWindow } = model;
      const tokens = contextWindow === undefined ? 0 : estimateTokens(call);
      if (contextWindow === undefined || tokens <= contextWindow * full)
        return { call, tools, compaction: undefined };
      if (run.truncation !== "disabled") {
        // A guess says that it is too long; when it cannot be made shorter, the provider has the last word.
        const compaction = await shorten(model, contextWindow * kept, signal).catch(() => undefined);
        return { call, tools, compaction };
      }
      if (tokens > contextWindow) throw tooLong(run, model.ref, tokens, contextWindow);
      return { call, tools, compaction: undefined };
    },
    async shrink(model, signal) {
      if (run.truncation === "disabled" || shrinks === maxShrinks) return undefined;
      shrinks += 1;
      const now = estimateTokens(callFor([]));
      return shorten(model, Math.min(now, model.contextWindow ?? now) / 2 ** shrinks, signal);
    },
  };
}

/** What a run tells and offers its model beside the turns. */
type Offer = Pick<Run, "agent" | "instructions" | "tools" | "toolChoice">;

/** About how many tokens the first model of a run would be given. It is not asked. */
export async function estimateFirstCall(
  run: Offer & Pick<Run, "models" | "turns">,
  signal: AbortSignal,
): Promise<number> {
  const [model] = run.models;
  const own = model === undefined ? [] : await ownTools(run, model.ref, signal);
  return estimateTokens({
    system: await systemOf(run),
    turns: run.turns,
    tools: [...clientToolsOf(run), ...own],
  });
}

async function systemOf({ agent, instructions }: Offer): Promise<string> {
  const files = await agent.workspaceFiles();
  return [agent.instructions, files, instructions].filter((text) => text !== "").join("\n\n");
}

function clientToolsOf({ toolChoice, tools }: Offer): Run["tools"] {
  return toolChoice === "none" ? [] : tools;
}

/** A forced choice is the client's: with the agent's own tools beside, they could satisfy it. */
async function ownTools(run: Offer, model: string, signal: AbortSignal): Promise<readonly Tool[]> {
  if (isForced(run)) return [];
  const tools = await run.agent.toolbox.toolsFor(model, signal);
  if (run.tools.length === 0) return tools;
  const taken = new Set(run.tools.map(({ name }) => name));
  return tools.filter(({ name }) => !taken.has(name));
}

/** Does the request demand a call of one of its own tools? */
export function isForced({ toolChoice }: Pick<Run, "toolChoice">): boolean {
  return toolChoice === "required" || typeof toolChoice === "object";
}

function tooLong({ turnsParam }: Run, model: string, tokens: number, window: number): GatewayError {
  return new GatewayError(
    "context_length_exceeded",
    `${turnsParam}: about ${tokens} tokens do not fit the ${window} of ${model}, and truncation is "disabled". Send less, or truncation "auto".`,
    { param: turnsParam },
  );
}
