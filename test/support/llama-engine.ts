/** An engine for models in the gateway's process that does what a test says. */
import type { GenerateOptions, HistoryItem } from "../../server/agent/models/llama/library.ts";
import type { OpenModel } from "../../server/agent/models/llama/model-file.ts";
import { llamaModel } from "../../server/agent/models/llama/provider.ts";
import type { Model } from "../../server/agent/types.ts";

type Play = (options: GenerateOptions, history: readonly HistoryItem[]) => Promise<string | void>;

/** An engine that does what it is told in place of a model; a word is a token. */
export function engine(play: Play, contextSize = 100): OpenModel {
  const meter = { usedInputTokens: 0, usedOutputTokens: 0 };
  const words = (history: readonly HistoryItem[]): number =>
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
          contextText: { tokenize: () => ({ length: words(chatHistory) }) },
        }),
      },
      async generateResponse(history, options) {
        meter.usedInputTokens += words(history);
        const counted: GenerateOptions = {
          ...options,
          onResponseChunk(chunk) {
            meter.usedOutputTokens += chunk.tokens.length;
            options.onResponseChunk(chunk);
          },
        };
        const stopReason = (await play(counted, history)) ?? "eogToken";
        return { metadata: { stopReason } };
      },
    },
  };
}

export const engineModel = (play: Play, contextSize?: number): Model =>
  llamaModel(() => Promise.resolve(engine(play, contextSize)));
export const says = ({ onResponseChunk }: GenerateOptions, text: string, type?: "segment"): void =>
  onResponseChunk({ type, text, tokens: { length: 1 } });
