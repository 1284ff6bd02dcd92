import { describe, expect, test } from "vitest";
import { Config } from "../../contracts/config/config.ts";
import { createAgents } from "../../server/agent/agents.ts";
import { createRouter, type RouteRequest } from "../../server/agent/route.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";

const { agents: options } = Config.parse({
  agents: {
    defaults: { models: { "builtin/assistant": {} } },
    list: [{ id: "Main" }, { id: "coder", models: {} }, { id: "writer", default: true }],
  },
});
const agents = createAgents(options, {
  models: { get: (ref) => ({ ref, call: createScriptedModel([]) }) },
  toolbox: () => ({ toolsFor: () => [] }),
  workspaceFiles: () => Promise.resolve(""),
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
const catchError = (overrides: Partial<RouteRequest>, options?: object): unknown => {
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

  test("the header comes before the model", () => {
    expect(findAgentId({ agentId: "coder", model: "openclaw:main" })).toBe("coder");
  });

  test("the session key's agent comes after a model that names one, and before the default", () => {
    expect(findAgentId({ model: "gpt-5", sessionKey: "agent:coder:k" })).toBe("coder");
    expect(findAgentId({ model: undefined, sessionKey: "agent:coder:k" })).toBe("coder");
    expect(catchError({ model: "openclaw", sessionKey: "agent:coder:k" })).toMatchObject({
      code: "invalid_session_key",
    });
  });

  test("an id that does not exist is 404 and lists those that do", () => {
    const message = 'No agent "nobody". Agents: main, coder, writer.';
    expect(catchError({ model: "openclaw:nobody" })).toMatchObject({
      code: "model_not_found",
      message,
      param: "model",
    });
    expect(catchError({ agentId: "nobody" })).toMatchObject({ message, param: "x-openclaw-agent-id" });
    expect(catchError({ model: "x", sessionKey: "agent:nobody:k" })).toMatchObject({
      code: "model_not_found",
    });
    expect(catchError({ model: "openclaw:" })).toMatchObject({ code: "model_not_found" });
  });

  test("other names are refused where the configuration says so", () => {
    expect(catchError({ model: "gpt-5" }, { unknownModel: "reject" })).toMatchObject({
      code: "model_not_found",
      message: 'No model "gpt-5". Models: openclaw, openclaw:main, openclaw:coder, openclaw:writer.',
    });
    expect(findAgentId({ model: "gpt-4o" }, { unknownModel: "reject" })).toBe("coder");
  });
});

describe("the model behind it", () => {
  test("is the agent's own unless the header names one that is listed", () => {
    expect(route({}).models.map(({ ref }) => ref)).toEqual(["builtin/assistant"]);
    expect(route({ backendModel: "builtin/assistant" }).models).toHaveLength(1);
    expect(catchError({ backendModel: "openai/gpt-5" })).toMatchObject({
      code: "model_not_found",
      param: "x-openclaw-model",
    });
    expect(catchError({ model: "openclaw:coder", backendModel: "builtin/assistant" })).toMatchObject({
      code: "model_not_found",
    });
  });
});

describe("the conversation", () => {
  test("is ephemeral without key and user", () => {
    expect(findSessionKey({})).toBeUndefined();
    expect(findSessionKey({ user: "  " })).toBeUndefined();
    expect(findSessionKey({ user: "ada" }, { userSession: "off" })).toBeUndefined();
  });

  test("a bare key belongs to the chosen agent; the reply has the full form", () => {
    expect(findSessionKey({ sessionKey: "Trip", model: "openclaw:coder" })).toBe("agent:coder:Trip");
    expect(findSessionKey({ sessionKey: "AGENT:Coder:Trip", model: "x" })).toBe("agent:coder:Trip");
    expect(findSessionKey({ sessionKey: "../../etc/passwd" })).toBe("agent:writer:../../etc/passwd");
  });

  test("a user has one conversation per agent and credential, and case counts", () => {
    const routeForAda = findSessionKey({ user: "ada" });
    expect(routeForAda).toMatch(/^agent:writer:user:[\w-]{32}$/);
    expect(findSessionKey({ user: "ada" })).toBe(routeForAda);
    const otherCredentials = [
      { user: "Ada" },
      { user: "ada", model: "openclaw:coder" },
      { user: "ada", credential: "bob" },
    ].map((overrides) => findSessionKey(overrides));
    expect(new Set([routeForAda, ...otherCredentials]).size).toBe(4);
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
  ])("the key %s is refused", (sessionKey) =>
    expect(catchError({ sessionKey })).toMatchObject({
      code: "invalid_session_key",
      param: "x-openclaw-session-key",
    }),
  );
});
