/** Generates one reply. Emits events as they arrive, and resolves when the model is free for the next call. */
import { GatewayError } from "../../../lib/errors.ts";
import type { FinishReason, ModelCall, ModelEvent, ThinkingLevel } from "../../types.ts";
import { createStructuredOutput, getParameters } from "./structured-output.ts";
import { toGrammarSchema, removeNulls } from "./grammar-schema.ts";
import { toHistory } from "./history.ts";
import type { Functions, FunctionCall, GenerateOptions, HistoryItem } from "./library.ts";
import type { LoadedModel } from "./model-file.ts";

/** The temperature that node-llama-cpp suggests. Its own default, 0, leads to repetition. */
const defaultTemperature = 0.8;
/** Thinking budget as a share of the context, by level. Higher levels have no budget of their own. */
const thinkingShares: Partial<Readonly<Record<ThinkingLevel, number>>> = {
  off: 0,
  minimal: 1 / 16,
  low: 1 / 8,
  medium: 1 / 4,
};
/** Levels above `high` are the same as `high`. */
export const thinkingLevels: readonly ThinkingLevel[] = ["off", "minimal", "low", "medium", "high"];
/** Kept free, so that node-llama-cpp never shifts the context and drops turns. */
const reservedTokens = 16;

export async function generate(
  model: LoadedModel,
  call: ModelCall,
  signal: AbortSignal,
  emit: (event: ModelEvent) => void,
): Promise<void> {
  const { llama, chat, sequence, contextSize } = model;
  const structuredOutput = createStructuredOutput(call);
  const system = [call.system, structuredOutput?.hint ?? ""].filter((text) => text !== "").join("\n\n");
  const history = toHistory({ ...call, system });
  const functions = structuredOutput === undefined ? toFunctions(call) : undefined;
  const prompt = countPromptTokens(model, history, functions);
  const availableTokens = contextSize - prompt - reservedTokens;
  if (availableTokens <= 0) {
    throw new GatewayError(
      "context_length_exceeded",
      `The conversation has ${prompt} tokens; this model's context holds ${contextSize}.`,
    );
  }

  const before = sequence.tokenMeter.getState();
  let buffered = "";
  let calls = 0;
  let reasoning = 0;
  const addCall = (name: string, text: string): void => {
    const index = calls++;
    // The run assigns an id to a call without one.
    emit({ type: "tool_call", index, id: "", name });
    emit({ type: "tool_call_arguments", index, fragment: text });
  };
  const { metadata } = await chat.generateResponse(history, {
    ...toSamplingOptions(call),
    ...(structuredOutput === undefined
      ? {}
      : { grammar: await llama.createGrammarForJsonSchema(structuredOutput.schema) }),
    ...(functions === undefined ? {} : toFunctionOptions(call, functions, addCall)),
    ...(call.thinking === undefined ? {} : toThinkingBudget(call.thinking, contextSize)),
    ...(call.stop.length === 0 ? {} : { customStopTriggers: call.stop }),
    signal,
    maxTokens: Math.min(call.maxOutputTokens ?? availableTokens, availableTokens),
    onResponseChunk({ type, text, tokens }) {
      if (type === "segment") reasoning += tokens.length;
      if (text === "") return;
      if (type === "segment") emit({ type: "thinking", text });
      else if (structuredOutput === undefined) emit({ type: "text", text });
      else buffered += text;
    },
  });
  const result = structuredOutput?.read(buffered.trim());
  if (result !== undefined && "name" in result) addCall(result.name, result.arguments);
  else if (result !== undefined && result.text !== "") emit({ type: "text", text: result.text });

  const after = sequence.tokenMeter.getState();
  const output = after.usedOutputTokens - before.usedOutputTokens;
  const evaluated = after.usedInputTokens - before.usedInputTokens;
  const input = Math.max(prompt, evaluated);
  emit({
    type: "finish",
    reason: toFinishReason(metadata.stopReason, calls),
    usage: { input, output, cached: input - evaluated, cacheWrite: 0, reasoning },
  });
}

function countPromptTokens(
  { chat, tokenizer }: LoadedModel,
  history: readonly HistoryItem[],
  functions: Functions | undefined,
): number {
  const last = history.at(-1);
  const chatHistory: readonly HistoryItem[] =
    last?.type === "model" ? history : [...history, { type: "model", response: [] }];
  const state = chat.chatWrapper.generateContextState({
    chatHistory,
    availableFunctions: functions,
    documentFunctionParams: true,
  });
  return state.contextText.tokenize(tokenizer).length;
}

function toFunctions({ tools, toolChoice }: ModelCall): Functions | undefined {
  if (tools.length === 0 || toolChoice === "none") return undefined;
  const entries = tools.map((tool) => [
    tool.name,
    {
      ...(tool.description === undefined ? {} : { description: tool.description }),
      params: toGrammarSchema(getParameters(tool)),
    },
  ]);
  return Object.fromEntries(entries) as Functions;
}

const toFunctionOptions = (
  { tools, parallelToolCalls }: ModelCall,
  functions: Functions,
  addCall: (name: string, text: string) => void,
): Pick<
  GenerateOptions,
  "functions" | "documentFunctionParams" | "maxParallelFunctionCalls" | "onFunctionCall"
> => ({
  functions,
  documentFunctionParams: true,
  ...(parallelToolCalls ? {} : { maxParallelFunctionCalls: 1 }),
  onFunctionCall({ functionName, params }: FunctionCall) {
    const schema = tools.find(({ name }) => name === functionName)?.parameters;
    addCall(functionName, JSON.stringify(removeNulls(params ?? {}, schema)));
  },
});

function toSamplingOptions({
  sampling,
}: ModelCall): Pick<GenerateOptions, "temperature"> & Partial<GenerateOptions> {
  const {
    temperature = defaultTemperature,
    topP,
    seed,
    frequencyPenalty = 0,
    presencePenalty = 0,
  } = sampling;
  const hasPenalty = frequencyPenalty > 0 || presencePenalty > 0;
  return {
    temperature,
    ...(topP === undefined ? {} : { topP }),
    ...(seed === undefined ? {} : { seed }),
    ...(hasPenalty
      ? {
          repeatPenalty: {
            frequencyPenalty: Math.max(0, frequencyPenalty),
            presencePenalty: Math.max(0, presencePenalty),
          },
        }
      : {}),
  };
}

function toThinkingBudget(level: ThinkingLevel, contextSize: number): Pick<GenerateOptions, "budgets"> {
  const share = thinkingShares[level];
  return share === undefined ? {} : { budgets: { thoughtTokens: Math.floor(contextSize * share) } };
}

function toFinishReason(stopReason: string, calls: number): FinishReason {
  if (stopReason === "maxTokens") return "length";
  return calls > 0 ? "tool_calls" : "stop";
}
