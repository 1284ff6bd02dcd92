/** Fakes the in-process model engine with a function of the test. */
import type { GenerateOptions, HistoryItem } from "../../../server/agent/models/llama/library.ts";
import type { LoadedModel } from "../../../server/agent/models/llama/model-file.ts";
import { createLlamaModel } from "../../../server/agent/models/llama/provider.ts";
import type { ModelStream } from "../../../server/agent/types.ts";

type Generate = (options: GenerateOptions, history: readonly HistoryItem[]) => Promise<string | void>;

/** Creates an engine that calls `generate` instead of a model. A word counts as a token. */
export function createEngine(generate: Generate, contextSize = 100): LoadedModel {
  const meter = { usedInputTokens: 0, usedOutputTokens: 0 };
  const countWords = (history: readonly HistoryItem[]): number =>
    history.flatMap((item) => (item.type === "model" ? [] : item.text.split(/\s+/))).length;
  return {
    contextSize,
    tokenizer: undefined,
    sequence: { nextTokenIndex: 0, tokenMeter: { getState: () => ({ ...meter }) } },
    llama: {
      gpu: false,
      loadModel: () => Promise.reject(new Error("not here")),
      createGrammarForJsonSchema: (schema) => Promise.resolve({ schema } as never),
    },
    chat: {
      chatWrapper: {
        generateContextState: ({ chatHistory }) => ({
          contextText: { tokenize: () => ({ length: countWords(chatHistory) }) },
        }),
      },
      async generateResponse(history, options) {
        meter.usedInputTokens += countWords(history);
        const countingOptions: GenerateOptions = {
          ...options,
          onResponseChunk(chunk) {
            meter.usedOutputTokens += chunk.tokens.length;
            options.onResponseChunk(chunk);
          },
        };
        const stopReason = (await generate(countingOptions, history)) ?? "eogToken";
        return { metadata: { stopReason } };
      },
    },
  };
}

export const createEngineModel = (generate: Generate, contextSize?: number): ModelStream =>
  createLlamaModel(() => Promise.resolve(createEngine(generate, contextSize)));
export const says = ({ onResponseChunk }: GenerateOptions, text: string, type?: "segment"): void =>
  onResponseChunk({ type, text, tokens: { length: 1 } });
