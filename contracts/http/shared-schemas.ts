/** Named schemas that chat and responses share: the formats of a text, and levels that models understand. */
import { z } from "zod";

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
