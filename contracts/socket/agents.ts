/** Methods about agents and their models. */
import { z } from "zod";
import { listOf, longText, shortText } from "../limits.ts";
import { agentId, sessionKeyInput, noParams, params, thinkingLevel, usage } from "./fields.ts";
import { method } from "./method.ts";
import { methodRunErrors } from "./run.ts";

const common = { tag: "Agents", auth: "follow" } as const;

const ModelChoice = z
  .object({
    primary: shortText().describe("The model that is tried first, `<provider>/<id>`."),
    fallbacks: listOf(shortText()).describe(
      "Models that are tried in this order when the previous one fails.",
    ),
  })
  .meta({ id: "AgentModel", description: "Models of an agent." });

export const agentsList = method({
  ...common,
  method: "agents.list",
  summary: "List the agents",
  description: "Every agent, in the order of the configuration.",
  params: noParams,
  result: z
    .object({
      defaultId: shortText().describe("Id of the default agent."),
      mainKey: shortText().describe("Key of an agent's main session, without the agent id."),
      scope: z.literal("per-sender").describe("Always `per-sender`: every caller chooses its session."),
      agents: listOf(
        z.object({
          id: shortText().describe("Id of the agent."),
          name: shortText().optional().describe("Display name."),
          model: ModelChoice,
        }),
      ).describe("The agents."),
    })
    .meta({ id: "AgentList", description: "The agents." }),
  errors: [],
});

export const agentIdentity = method({
  ...common,
  method: "agent.identity.get",
  summary: "Read the identity of an agent",
  description: "The id and the name of one agent.",
  params: params({
    agentId: agentId.optional(),
    sessionKey: sessionKeyInput().optional().describe("A session. Its agent is used."),
  }),
  result: z
    .object({
      agentId: shortText().describe("Id of the agent."),
      name: shortText().optional().describe("Display name. Absent unless configured."),
    })
    .meta({ id: "AgentIdentity", description: "Identity of an agent." }),
  errors: ["model_not_found", "invalid_session_key"],
});

const price = (): z.ZodNumber => z.number().min(0);

const ModelPrices = z
  .object({
    input: price().describe("Input tokens."),
    output: price().describe("Output tokens, reasoning included."),
    cacheRead: price().describe("Input tokens that are read from a cache."),
    cacheWrite: price().describe("Input tokens that are written to a cache."),
  })
  .meta({ id: "ModelPrices", description: "US dollars for a million tokens." });

export const modelsTest = method({
  ...common,
  auth: "run",
  method: "models.test",
  summary: "Test a model",
  description:
    "Sends one short message to a model of an agent, without fallback and without a session, and returns its reply and the time. It costs what a short message costs.",
  params: params({
    model: shortText().min(1).describe("One of `models.list`, `<provider>/<id>`."),
    agentId: agentId.optional(),
  }),
  result: z
    .object({
      model: shortText().describe("The model."),
      reply: longText().describe("Its reply, at most 1 000 characters."),
      durationMs: z.int().describe("Time until its end, in milliseconds."),
      usage: usage.optional(),
    })
    .meta({ id: "ModelTest", description: "The model has replied." }),
  errors: methodRunErrors,
});

export const modelsList = method({
  ...common,
  method: "models.list",
  summary: "List the models",
  description: "The language models that the agents use or may use on request.",
  params: params({
    agentId: shortText().optional().describe("Only models of this agent."),
    view: z
      .enum(["default", "configured", "all"])
      .optional()
      .describe("Accepted: every view lists the models of the configuration."),
    includeDetails: z
      .boolean()
      .optional()
      .describe("Whether to add `available`, `tags`, `prices` and `thinkingLevels`."),
  }),
  result: z
    .object({
      models: listOf(
        z.object({
          id: shortText().describe("Value for `model`: `<provider>/<id>`."),
          name: shortText().describe("Id of the model at the provider."),
          provider: shortText().describe("Name of the provider."),
          contextWindow: z.int().optional().describe("Context window in tokens. Absent when unknown."),
          prices: ModelPrices.optional().describe("With `includeDetails`. Absent when no price is known."),
          thinkingLevels: z
            .array(thinkingLevel)
            .max(thinkingLevel.options.length)
            .optional()
            .describe(
              "With `includeDetails`: the values for `thinking` that make a difference. Empty for a model that ignores it.",
            ),
          available: z
            .literal(true)
            .optional()
            .describe("Always true: the gateway does not start with an agent whose provider it lacks."),
          tags: listOf(shortText())
            .optional()
            .describe(
              "`default`: an agent's first model. `fallback#1`, …: its further models. `allowed`: a request may name it.",
            ),
        }),
      ).describe("The models."),
    })
    .meta({ id: "BackendModelList", description: "Language models." }),
  errors: ["model_not_found"],
});
