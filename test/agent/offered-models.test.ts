/** Which models a request may select, by reference, alias and pattern. */
import { expect, test } from "vitest";
import { createAgents } from "../../server/agent/agents.ts";
import { createRouter } from "../../server/agent/route.ts";
import { toModel } from "../../server/agent/models/model-stream.ts";
import { createConfigFile } from "../support/gateway/config-folder.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";

const local = { baseUrl: "http://127.0.0.1:1/v1" };

/** Returns the reference that the credential gets for a name, or the code of the error. */
function createSelect(defaults: object): (name: string, credential?: string) => string {
  const { config } = createConfigFile({
    agents: { defaults: { model: "vllm/main", ...defaults } },
    models: { providers: { vllm: local, other: local } },
  }).load();
  const getModel = (ref: string) => ({ ref, call: toModel(createScriptedModel([])) });
  const agents = createAgents(config.agents, {
    models: { get: getModel, find: getModel },
    toolbox: () => ({ toolsFor: () => [] }),
    workspaceFilesOf: () => () => Promise.resolve(""),
  });
  const findRoute = createRouter(() => agents, {
    modelAliases: {},
    unknownModel: "default",
    userSession: "on",
    findModel: getModel,
  });
  return (name, credential = "ada") => {
    try {
      const request = { surface: "chat", credential, agentId: undefined, model: undefined } as const;
      const route = findRoute({ ...request, sessionKey: undefined, user: undefined, backendModel: name });
      return route.models[0]?.ref ?? "none";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
}

test("models are offered by reference, by alias in any case, and all of a provider by *", () => {
  const select = createSelect({ models: { "other/big": { alias: "Big" }, "vllm/*": {} } });
  expect(select("other/big")).toBe("other/big");
  expect(select("bIG")).toBe("other/big");
  expect(select("vllm/any/name")).toBe("vllm/any/name");
  expect(select("other/small")).toBe("model_not_found");
  expect(select("other/small", "operator")).toBe("other/small");
});

test("modelPolicy.allow adds to them, and binds the operator too", () => {
  const select = createSelect({
    models: { "other/big": { alias: "big" } },
    modelPolicy: { allow: ["big", "vllm/*"] },
  });
  expect([select("big"), select("vllm/x"), select("vllm/x", "operator")]).toEqual([
    "other/big",
    "vllm/x",
    "vllm/x",
  ]);
  expect(select("other/small", "operator")).toBe("model_not_found");
  expect(createSelect({ modelPolicy: { allow: [] } })("other/small", "operator")).toBe("other/small");
});
