/** Examples of the methods about agents and their models. */
import { agentIdentity, agentsList, modelsList } from "../../socket/agents.ts";
import { methodExamples } from "../../socket/method.ts";

const model = { primary: "builtin/assistant", fallbacks: [] };

export const agentListExamples = methodExamples(agentsList, [
  {
    title: "Two agents",
    params: {},
    result: {
      defaultId: "main",
      mainKey: "main",
      scope: "per-sender",
      agents: [
        { id: "main", model },
        { id: "coder", model },
      ],
    },
  },
]);

export const identityExamples = methodExamples(agentIdentity, [
  {
    title: "The agent of a session",
    params: { sessionKey: "agent:coder:review" },
    result: { agentId: "coder" },
  },
  {
    title: "An agent that does not exist",
    params: { agentId: "poet" },
    error: { code: "model_not_found", message: 'No agent "poet". Agents: main, coder.', param: "agentId" },
  },
  {
    title: "A key of another agent",
    params: { agentId: "main", sessionKey: "agent:coder:review" },
    error: {
      code: "invalid_session_key",
      message:
        'sessionKey: the key is of the agent "coder", the request goes to "main"; send one of the two, or the same in both',
      param: "sessionKey",
    },
  },
]);

export const modelListExamples = methodExamples(modelsList, [
  {
    title: "One model",
    params: {},
    result: { models: [{ id: "builtin/assistant", name: "assistant", provider: "builtin" }] },
  },
  {
    title: "With details",
    params: { view: "default", includeDetails: true },
    result: {
      models: [
        {
          id: "builtin/assistant",
          name: "assistant",
          provider: "builtin",
          available: true,
          tags: ["default"],
        },
      ],
    },
  },
]);
