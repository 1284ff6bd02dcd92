/** Named schemas that chat and responses share: the formats of a text, and levels that models understand. */
import { z } from "zod";
import { shortText } from "../limits.ts";

export const PromptCacheRetention = z
  .enum(["in_memory", "24h"])
  .meta({ id: "PromptCacheRetention", description: "How long a provider keeps what it caches." });
export type PromptCacheRetention = z.infer<typeof PromptCacheRetention>;

const ModerationMode = z
  .object({
    mode: shortText().nullish().describe("`score` or `block`. `block` is 400 `unsupported_value`."),
  })
  .meta({ id: "ModerationMode", description: "What moderation does." });

const ModerationPolicy = z
  .object({
    input: ModerationMode.nullish().describe("Moderation of the input."),
    output: ModerationMode.nullish().describe("Moderation of the output."),
  })
  .meta({ id: "ModerationPolicy", description: "What is moderated, and how." });

export const Moderation = z
  .object({ policy: ModerationPolicy.nullish().describe("What is moderated, and how.") })
  .meta({
    id: "Moderation",
    description:
      "OpenAI's moderation. This gateway has none: `score` is ignored, and `block` is 400 `unsupported_value`.",
  });
export type Moderation = z.infer<typeof Moderation>;

export const ReasoningEffort = z
  .enum(["none", "minimal", "low", "medium", "high", "xhigh", "max"])
  .meta({ id: "ReasoningEffort", description: "How much a model reasons first." });

export const Verbosity = z
  .enum(["low", "medium", "high"])
  .meta({ id: "Verbosity", description: "The length of a text." });

export const ImageDetail = z
  .enum(["auto", "low", "high", "original"])
  .meta({ id: "ImageDetail", description: "The resolution at which a model sees an image." });

export const ToolChoiceMode = z.enum(["none", "auto", "required"]).meta({
  id: "ToolChoiceMode",
  description: "`none`: no calls. `auto`: the model decides. `required`: at least one call.",
});

export const AllowedToolsMode = z.enum(["auto", "required"]).meta({
  id: "AllowedToolsMode",
  description: "`auto`: the model may call one of the tools. `required`: it calls at least one of them.",
});

export const TextFormat = z
  .object({ type: z.literal("text").describe("Always `text`.") })
  .meta({ id: "TextFormat", description: "Any text." });

export const JsonObjectFormat = z
  .object({ type: z.literal("json_object").describe("Always `json_object`.") })
  .meta({ id: "JsonObjectFormat", description: "Any JSON object." });
