import { toModel } from "../../server/agent/models/model-stream.ts";
import { describe, expect, test } from "vitest";
import { Config } from "../../contracts/config/config.ts";
import { createAgents } from "../../server/agent/agents.ts";
import { createRouter, type RouteRequest } from "../../server/agent/route.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";

const { agents: agentsConfig } = Config.parse({
  agents: {
    defaults: { models: { "builtin/assistant": {} } },
    list: [{ id: "Main" }, { id: "coder", models: {} }, { id: "writer", default: true }],
  },
});
const getModel = (ref: string) => ({ ref, call: toModel(createScriptedModel([])) });
const agents = createAgents(agentsConfig, {
  models: { get: getModel, find: getModel },
  toolbox: () => ({ toolsFor: () => [] }),
  workspaceFilesOf: () => () => Promise.resolve(""),
});
const defaultOptions = {
  modelAliases: { "gpt-4o": "openclaw:coder" },
  unknownModel: "default",
  userSession: "on",
} as const;

const request = (overrides: Partial<RouteRequest>): RouteRequest => ({
  surface: "chat",
  credential: "operator",
  agentId: undefined,
  model: "openclaw",
  sessionKey: undefined,
  user: undefined,
  backendModel: undefined,
  ...overrides,
});
const route = (overrides: Partial<RouteRequest>, options: object = {}) =>
  createRouter(() => agents, { ...defaultOptions, ...options })(request(overrides));
const findAgentId = (overrides: Partial<RouteRequest>, options?: object): string =>
  route(overrides, options).agent.id;
const findSessionKey = (overrides: Partial<RouteRequest>, options?: object): string | undefined =>
  route(overrides, options).sessionKey;
const findError = (overrides: Partial<RouteRequest>, options?: object): unknown => {
  try {
    return route(overrides, options);
  } catch (error) {
    return error;
  }
};

describe("the agent", () => {
  test.each([
    ["openclaw", "writer"],
    ["OpenClaw/Default", "writer"],
    ["openclaw:coder", "coder"],
    ["openclaw/CODER", "coder"],
    ["agent:main", "main"],
    ["gpt-4o", "coder"],
    ["anything-else", "writer"],
    ["toString", "writer"],
  ])("model %s means %s", (model, agent) => expect(findAgentId({ model })).toBe(agent));

  test("the header takes precedence over the model", () => {
    expect(findAgentId({ agentId: "coder", model: "openclaw:main" })).toBe("coder");
  });

  test("the agent of the session key is used before the default, unless the model names one", () => {
    expect(findAgentId({ model: "gpt-5", sessionKey: "agent:coder:k" })).toBe("coder");
    expect(findAgentId({ model: undefined, sessionKey: "agent:coder:k" })).toBe("coder");
    expect(findError({ model: "openclaw", sessionKey: "agent:coder:k" })).toMatchObject({
      code: "invalid_session_key",
    });
  });

  test("an unknown id is `model_not_found`, and the message lists the known ids", () => {
    const message = 'No agent "nobody". Agents: main, coder, writer.';
    expect(findError({ model: "openclaw:nobody" })).toMatchObject({
      code: "model_not_found",
      message,
      param: "model",
    });
    expect(findError({ agentId: "nobody" })).toMatchObject({ message, param: "x-openclaw-agent-id" });
    expect(findError({ model: "x", sessionKey: "agent:nobody:k" })).toMatchObject({
      code: "model_not_found",
    });
    expect(findError({ model: "openclaw:" })).toMatchObject({ code: "model_not_found" });
  });

  test("other names are rejected if the configuration says so", () => {
    expect(findError({ model: "gpt-5" }, { unknownModel: "reject" })).toMatchObject({
      code: "model_not_found",
      message: 'No model "gpt-5". Models: openclaw, openclaw:main, openclaw:coder, openclaw:writer.',
    });
    expect(findAgentId({ model: "gpt-4o" }, { unknownModel: "reject" })).toBe("coder");
  });
});

describe("the provider model", () => {
  test("is the model of the agent unless the header names an allowed one", () => {
    expect(route({}).models.map(({ ref }) => ref)).toEqual(["builtin/assistant"]);
    expect(route({ backendModel: "builtin/assistant" }).models).toHaveLength(1);
    expect(findError({ backendModel: "openai/gpt-5" })).toMatchObject({
      code: "model_not_found",
      param: "x-openclaw-model",
    });
    expect(findError({ model: "openclaw:coder", backendModel: "builtin/assistant" })).toMatchObject({
      code: "model_not_found",
    });
  });
});

describe("the conversation", () => {
  test("is ephemeral without a key and a user", () => {
    expect(findSessionKey({})).toBeUndefined();
    expect(findSessionKey({ user: "  " })).toBeUndefined();
    expect(findSessionKey({ user: "ada" }, { userSession: "off" })).toBeUndefined();
  });

  test("a short key belongs to the chosen agent, and the route has the full key", () => {
    expect(findSessionKey({ sessionKey: "Trip", model: "openclaw:coder" })).toBe("agent:coder:Trip");
    expect(findSessionKey({ sessionKey: "AGENT:Coder:Trip", model: "x" })).toBe("agent:coder:Trip");
    expect(findSessionKey({ sessionKey: "../../etc/passwd" })).toBe("agent:writer:../../etc/passwd");
  });

  test("a user has one conversation per agent and credential, case-sensitively", () => {
    const adaKey = findSessionKey({ user: "ada" });
    expect(adaKey).toMatch(/^agent:writer:user:[\w-]{32}$/);
    expect(findSessionKey({ user: "ada" })).toBe(adaKey);
    const otherKeys = [
      { user: "Ada" },
      { user: "ada", model: "openclaw:coder" },
      { user: "ada", credential: "bob" },
    ].map((overrides) => findSessionKey(overrides));
    expect(new Set([adaKey, ...otherKeys]).size).toBe(4);
    expect(findSessionKey({ user: "ada", sessionKey: "k" })).toBe("agent:writer:k");
  });

  test.each([
    "subagent:x",
    "cron:x",
    "ACP:x",
    "hook:x",
    "agent:writer:cron:x",
    "agent:",
    "agent:writer",
    "agent::x",
    "agent:writer:",
  ])("the key %s is rejected", (sessionKey) =>
    expect(findError({ sessionKey })).toMatchObject({
      code: "invalid_session_key",
      param: "x-openclaw-session-key",
    }),
  );
});
