/** Sampling parameters that chat and responses share. */
import { z } from "zod";

export const samplingHints = {
  temperature: z
    .number()
    .min(0)
    .max(2)
    .nullish()
    .describe("0–2; higher values are more random. A hint: not sent to a provider that does not support it."),
  top_p: z
    .number()
    .min(0)
    .max(1)
    .nullish()
    .describe("0–1: sample from the most likely tokens with this total probability. A hint."),
  frequency_penalty: z
    .number()
    .min(-2)
    .max(2)
    .nullish()
    .describe("−2 to 2: positive values reduce repetition. A hint."),
  presence_penalty: z
    .number()
    .min(-2)
    .max(2)
    .nullish()
    .describe("−2 to 2: positive values favour new topics. A hint."),
} as const;
