import { describe, expect, test } from "vitest";
import { Config } from "../../contracts/config/config.ts";
import { createAgents } from "../../server/agent/agents.ts";
import { createRouter, type RouteRequest } from "../../server/agent/route.ts";
import { scriptedModel } from "../support/scripted-model.ts";

const { agents: settings } = Config.parse({
  agents: {
    defaults: { models: { "builtin/assistant": {} } },
    list: [{ id: "Main" }, { id: "coder", models: {} }, { id: "writer", default: true }],
  },
});
const agents = createAgents(settings, {
  models: { get: (ref) => ({ ref, call: scriptedModel([]) }) },
  toolbox: () => ({ toolsFor: () => [] }),
  workspaceFiles: () => Promise.resolve(""),
});
const rules = {
  modelAliases: { "gpt-4o": "openclaw:coder" },
  unknownModel: "default",
  userSession: "on",
} as const;

const request = (asked: Partial<RouteRequest>): RouteRequest => ({
  surface: "chat",
  credential: "operator",
  agentId: undefined,
  model: "openclaw",
  sessionKey: undefined,
  user: undefined,
  backendModel: undefined,
  ...asked,
});
const route = (asked: Partial<RouteRequest>, more: object = {}) =>
  createRouter(() => agents, { ...rules, ...more })(request(asked));
const agentOf = (asked: Partial<RouteRequest>, more?: object): string => route(asked, more).agent.id;
const keyOf = (asked: Partial<RouteRequest>, more?: object): string | undefined =>
  route(asked, more).sessionKey;
const errorOf = (asked: Partial<RouteRequest>, more?: object): unknown => {
  try {
    return route(asked, more);
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
  ])("model %s means %s", (model, agent) => expect(agentOf({ model })).toBe(agent));

  test("the header comes before the model", () => {
    expect(agentOf({ agentId: "coder", model: "openclaw:main" })).toBe("coder");
  });

  test("the session key's agent comes after a model that names one, and before the default", () => {
    expect(agentOf({ model: "gpt-5", sessionKey: "agent:coder:k" })).toBe("coder");
    expect(agentOf({ model: undefined, sessionKey: "agent:coder:k" })).toBe("coder");
    expect(errorOf({ model: "openclaw", sessionKey: "agent:coder:k" })).toMatchObject({
      code: "invalid_session_key",
    });
  });

  test("an id that does not exist is 404 and lists those that do", () => {
    const message = 'No agent "nobody". Agents: main, coder, writer.';
    expect(errorOf({ model: "openclaw:nobody" })).toMatchObject({
      code: "model_not_found",
      message,
      param: "model",
    });
    expect(errorOf({ agentId: "nobody" })).toMatchObject({ message, param: "x-openclaw-agent-id" });
    expect(errorOf({ model: "x", sessionKey: "agent:nobody:k" })).toMatchObject({ code: "model_not_found" });
    expect(errorOf({ model: "openclaw:" })).toMatchObject({ code: "model_not_found" });
  });

  test("other names are refused where the configuration says so", () => {
    expect(errorOf({ model: "gpt-5" }, { unknownModel: "reject" })).toMatchObject({
      code: "model_not_found",
      message: 'No model "gpt-5". Models: openclaw, openclaw:main, openclaw:coder, openclaw:writer.',
    });
    expect(agentOf({ model: "gpt-4o" }, { unknownModel: "reject" })).toBe("coder");
  });
});

describe("the model behind it", () => {
  test("is the agent's own unless the header names one that is listed", () => {
    expect(route({}).models.map(({ ref }) => ref)).toEqual(["builtin/assistant"]);
    expect(route({ backendModel: "builtin/assistant" }).models).toHaveLength(1);
    expect(errorOf({ backendModel: "openai/gpt-5" })).toMatchObject({
      code: "model_not_found",
      param: "x-openclaw-model",
    });
    expect(errorOf({ model: "openclaw:coder", backendModel: "builtin/assistant" })).toMatchObject({
      code: "model_not_found",
    });
  });
});

describe("the conversation", () => {
  test("is ephemeral without key and user", () => {
    expect(keyOf({})).toBeUndefined();
    expect(keyOf({ user: "  " })).toBeUndefined();
    expect(keyOf({ user: "ada" }, { userSession: "off" })).toBeUndefined();
  });

  test("a bare key belongs to the chosen agent; the reply has the full form", () => {
    expect(keyOf({ sessionKey: "Trip", model: "openclaw:coder" })).toBe("agent:coder:Trip");
    expect(keyOf({ sessionKey: "AGENT:Coder:Trip", model: "x" })).toBe("agent:coder:Trip");
    expect(keyOf({ sessionKey: "../../etc/passwd" })).toBe("agent:writer:../../etc/passwd");
  });

  test("a user has one conversation per agent and credential, and case counts", () => {
    const ada = keyOf({ user: "ada" });
    expect(ada).toMatch(/^agent:writer:user:[\w-]{32}$/);
    expect(keyOf({ user: "ada" })).toBe(ada);
    const others = [
      { user: "Ada" },
      { user: "ada", model: "openclaw:coder" },
      { user: "ada", credential: "bob" },
    ].map((each) => keyOf(each));
    expect(new Set([ada, ...others]).size).toBe(4);
    expect(keyOf({ user: "ada", sessionKey: "k" })).toBe("agent:writer:k");
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
    expect(errorOf({ sessionKey })).toMatchObject({
      code: "invalid_session_key",
      param: "x-openclaw-session-key",
    }),
  );
});
