/** How a model picks its words, as chat and responses both ask for it. */
import { z } from "zod";

export const samplingHints = {
  temperature: z
    .number()
    .min(0)
    .max(2)
    .nullish()
    .describe("0–2, higher is more varied. A hint: a provider that lacks it does not get it."),
  top_p: z
    .number()
    .min(0)
    .max(1)
    .nullish()
    .describe("0–1: choose among the likeliest tokens with this share of probability. A hint."),
  frequency_penalty: z
    .number()
    .min(-2)
    .max(2)
    .nullish()
    .describe("−2 to 2: above 0 repeats fewer words. A hint."),
  presence_penalty: z
    .number()
    .min(-2)
    .max(2)
    .nullish()
    .describe("−2 to 2: above 0 turns to new subjects sooner. A hint."),
} as const;
