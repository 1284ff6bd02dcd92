/** Methods about agents and their models. */
import { z } from "zod";
import { listOf, shortText } from "../limits.ts";
import { agentId, givenKey, noParams, params } from "./fields.ts";
import { method } from "./method.ts";

const common = { tag: "Agents", auth: "follow" } as const;

const ModelChoice = z
  .object({
    primary: shortText().describe("The model that is asked first: `<provider>/<id>`."),
    fallbacks: listOf(shortText()).describe("Those that are asked when it fails, in this order."),
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
      mainKey: shortText().describe("The key of an agent's main session, without the agent."),
      scope: z.literal("per-sender").describe("Always `per-sender`: every caller chooses its own session."),
      agents: listOf(
        z.object({
          id: shortText().describe("Its id."),
          name: shortText().optional().describe("Its name for people."),
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
  summary: "Who an agent is",
  description: "The name of one agent.",
  params: params({
    agentId: agentId.optional(),
    sessionKey: givenKey().optional().describe("A session whose agent is meant."),
  }),
  result: z
    .object({
      agentId: shortText().describe("Id of the agent."),
      name: shortText().optional().describe("Its name for people, where it has one."),
    })
    .meta({ id: "AgentIdentity", description: "Who an agent is." }),
  errors: ["model_not_found", "invalid_session_key"],
});

export const modelsList = method({
  ...common,
  method: "models.list",
  summary: "List the models",
  description: "The language models that the agents use, or may be asked to use.",
  params: params({ agentId: shortText().optional().describe("Only those of this agent.") }),
  result: z
    .object({
      models: listOf(
        z.object({
          id: shortText().describe("What `model` takes: `<provider>/<id>`."),
          name: shortText().describe("Its id at the provider."),
          provider: shortText().describe("Its provider."),
          contextWindow: z
            .int()
            .optional()
            .describe("Tokens that one conversation may have, where that is known."),
        }),
      ).describe("The models."),
    })
    .meta({ id: "BackendModelList", description: "Language models." }),
  errors: ["model_not_found"],
});
