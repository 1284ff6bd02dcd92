/** One answer of a loaded model. Events are given as they come; the promise ends when the engine is free again. */
import { GatewayError } from "../../../errors.ts";
import type { FinishReason, ModelCall, ModelEvent, ThinkingLevel } from "../../types.ts";
import { formOf, parametersOf } from "./form.ts";
import { grammarSchema, withoutNulls } from "./grammar-schema.ts";
import { historyOf } from "./history.ts";
import type { Functions, FunctionCall, GenerateOptions, HistoryItem } from "./library.ts";
import type { OpenModel } from "./model-file.ts";

/** The temperature that the engine's makers suggest; without one it repeats itself. */
const defaultTemperature = 0.8;
/** Shares of the context that may be thought away; more is the engine's own limit. */
const thoughtShares: Partial<Readonly<Record<ThinkingLevel, number>>> = {
  off: 0,
  minimal: 1 / 16,
  low: 1 / 8,
  medium: 1 / 4,
};
/** Left free, so that the engine never drops turns by itself. */
const spareTokens = 16;

export async function generate(
  model: OpenModel,
  call: ModelCall,
  signal: AbortSignal,
  tell: (event: ModelEvent) => void,
): Promise<void> {
  const { llama, chat, sequence, contextSize } = model;
  const form = formOf(call);
  const system = [call.system, form?.hint ?? ""].filter((text) => text !== "").join("\n\n");
  const history = historyOf({ ...call, system });
  const functions = form === undefined ? functionsOf(call) : undefined;
  const prompt = promptTokens(model, history, functions);
  const room = contextSize - prompt - spareTokens;
  if (room <= 0) {
    throw new GatewayError(
      "context_length_exceeded",
      `The conversation has ${prompt} tokens; this model's context holds ${contextSize}.`,
    );
  }

  const before = sequence.tokenMeter.getState();
  let held = "";
  let calls = 0;
  let reasoning = 0;
  const addCall = (name: string, text: string): void => {
    const index = calls++;
    // The model gives no id; the run does.
    tell({ type: "tool_call", index, id: "", name });
    tell({ type: "tool_call_arguments", index, fragment: text });
  };
  const { metadata } = await chat.generateResponse(history, {
    ...samplingOf(call),
    ...(form === undefined ? {} : { grammar: await llama.createGrammarForJsonSchema(form.schema) }),
    ...(functions === undefined ? {} : functionOptions(call, functions, addCall)),
    ...(call.thinking === undefined ? {} : budgetOf(call.thinking, contextSize)),
    ...(call.stop.length === 0 ? {} : { customStopTriggers: call.stop }),
    signal,
    maxTokens: Math.min(call.maxOutputTokens ?? room, room),
    onResponseChunk({ type, text, tokens }) {
      if (type === "segment") reasoning += tokens.length;
      if (text === "") return;
      if (type === "segment") tell({ type: "thinking", text });
      else if (form === undefined) tell({ type: "text", text });
      else held += text;
    },
  });
  const formed = form?.read(held.trim());
  if (formed !== undefined && "name" in formed) addCall(formed.name, formed.arguments);
  else if (formed !== undefined && formed.text !== "") tell({ type: "text", text: formed.text });

  const after = sequence.tokenMeter.getState();
  const output = after.usedOutputTokens - before.usedOutputTokens;
  const evaluated = after.usedInputTokens - before.usedInputTokens;
  const input = Math.max(prompt, evaluated);
  tell({
    type: "finish",
    reason: reasonOf(metadata.stopReason, calls),
    usage: { input, output, cached: input - evaluated, cacheWrite: 0, reasoning },
  });
}

function promptTokens(
  { chat, tokenizer }: OpenModel,
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

function functionsOf({ tools, toolChoice }: ModelCall): Functions | undefined {
  if (tools.length === 0 || toolChoice === "none") return undefined;
  const entries = tools.map((tool) => [
    tool.name,
    {
      ...(tool.description === undefined ? {} : { description: tool.description }),
      params: grammarSchema(parametersOf(tool)),
    },
  ]);
  return Object.fromEntries(entries) as Functions;
}

const functionOptions = (
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
    addCall(functionName, JSON.stringify(withoutNulls(params ?? {}, schema)));
  },
});

function samplingOf({
  sampling,
}: ModelCall): Pick<GenerateOptions, "temperature"> & Partial<GenerateOptions> {
  const {
    temperature = defaultTemperature,
    topP,
    seed,
    frequencyPenalty = 0,
    presencePenalty = 0,
  } = sampling;
  const penalised = frequencyPenalty > 0 || presencePenalty > 0;
  return {
    temperature,
    ...(topP === undefined ? {} : { topP }),
    ...(seed === undefined ? {} : { seed }),
    ...(penalised
      ? {
          repeatPenalty: {
            frequencyPenalty: Math.max(0, frequencyPenalty),
            presencePenalty: Math.max(0, presencePenalty),
          },
        }
      : {}),
  };
}

function budgetOf(level: ThinkingLevel, contextSize: number): Pick<GenerateOptions, "budgets"> {
  const share = thoughtShares[level];
  return share === undefined ? {} : { budgets: { thoughtTokens: Math.floor(contextSize * share) } };
}

function reasonOf(stopReason: string, calls: number): FinishReason {
  if (stopReason === "maxTokens") return "length";
  return calls > 0 ? "tool_calls" : "stop";
}
