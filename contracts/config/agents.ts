/** `agents`: the defaults of all agents, and the agents. */
import { z } from "zod";
import { listOf, longText, shortText } from "../limits.ts";
import { AgentId, count, filePath, ModelRef, seconds, ThinkingLevel } from "./fields.ts";
import { ToolPolicy } from "./tools.ts";

const ModelChoice = z.union([
  ModelRef,
  z.strictObject({
    primary: ModelRef.describe("The model that is tried first."),
    fallbacks: listOf(ModelRef).default([]).describe("Models that are tried next, in this order."),
  }),
]);

const AllowedModels = z.record(
  ModelRef,
  z.strictObject({ alias: shortText().min(1).optional().describe("A short name for people.") }),
);

const Defaults = z
  .strictObject({
    model: ModelChoice.default("builtin/assistant").describe(
      "Model as `<provider>/<model>`, or one with fallbacks for when its provider fails.",
    ),
    models: AllowedModels.default({}).describe(
      "Further models that callers may ask for with `x-openclaw-model`, by `<provider>/<model>`.",
    ),
    embeddingModel: ModelRef.default("builtin/embedding").describe(
      "Model that `POST /v1/embeddings` asks, as `<provider>/<model>`.",
    ),
    workspace: filePath()
      .optional()
      .describe(
        "Folder that the agent's tools work in; by default `workspace` in the state folder, and `workspace-<id>` for every agent but the default one. Made when it is first needed.",
      ),
    instructions: longText().default("").describe("System prompt."),
    timeoutSeconds: seconds().default(600).describe("Longest run, in seconds."),
    maxSteps: count().default(32).describe("Model calls in one run."),
    thinkingDefault: ThinkingLevel.optional().describe(
      "How much the model reasons, where the request does not say; by default the provider decides.",
    ),
  })
  .prefault({})
  .describe("What holds for every agent that does not say otherwise.");

const settings = {
  name: shortText().min(1).optional().describe("Name for people."),
  default: z
    .boolean()
    .default(false)
    .describe("The agent for requests that name none; else the first of the list."),
  model: ModelChoice.optional().describe("Model, or model with fallbacks; replaces the default's."),
  models: AllowedModels.optional().describe("Models that callers may ask for; replaces the default's."),
  embeddingModel: ModelRef.optional().describe("Model for embeddings; replaces the default's."),
  instructions: longText().optional().describe("System prompt; replaces the default's."),
  workspace: filePath().optional().describe("Folder of this agent's files; see the default's."),
  tools: ToolPolicy.optional().describe("Narrows the tools of this agent."),
  thinkingDefault: ThinkingLevel.optional().describe("How much the model reasons."),
  timeoutSeconds: seconds().optional().describe("Longest run, in seconds."),
  maxSteps: count().optional().describe("Model calls in one run."),
} as const;

export const Agents = z
  .strictObject({
    defaults: Defaults,
    list: listOf(z.strictObject({ id: AgentId, ...settings }))
      .optional()
      .describe("The agents; with none there is one, `main`."),
    entries: z
      .record(AgentId, z.strictObject(settings))
      .optional()
      .describe("The agents as a map from id to the settings of `list`, instead of `list`."),
  })
  .transform(({ defaults, list, entries }) => ({
    defaults,
    /** `place` is where in the file the agent stands. */
    list: [
      ...(list ?? []).map((entry, index) => ({ ...entry, place: `agents.list[${index}]` })),
      ...Object.entries(entries ?? {}).map(([id, entry]) => ({
        id,
        ...entry,
        place: `agents.entries.${id}`,
      })),
    ],
  }))
  .prefault({})
  .describe("Agents.");
