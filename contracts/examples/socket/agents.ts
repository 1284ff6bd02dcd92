/** Examples of the methods about agents and their models. */
import { agentIdentity, agentsList, modelsList, modelsTest } from "../../socket/agents.ts";
import { methodExamples } from "../../socket/method.ts";
import { ends, fails, says } from "../script.ts";

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

export const modelTestExamples = methodExamples(modelsTest, [
  {
    title: "A model that replies",
    params: { model: "builtin/assistant" },
    model: [says("OK"), ends({ input: 7, output: 1 })],
    result: {
      model: "builtin/assistant",
      reply: "OK",
      durationMs: 0,
      usage: { input: 7, output: 1, cacheRead: 0, cacheWrite: 0, totalTokens: 8 },
    },
  },
  {
    title: "A model that fails",
    params: { model: "builtin/assistant" },
    model: [fails("upstream_rejected", "The provider knows no such model.")],
    error: { code: "upstream_rejected", message: "The provider knows no such model." },
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
          thinkingLevels: [],
          available: true,
          tags: ["default"],
        },
      ],
    },
  },
]);
