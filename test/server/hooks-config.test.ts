import { expect, test } from "vitest";
import { createConfigFile } from "../support/gateway/config-folder.ts";
import { hookToken } from "../support/gateway/hooks.ts";

const createFile = (hooks: object) =>
  createConfigFile({
    hooks: { token: hookToken, ...hooks },
    agents: { list: [{ id: "main" }, { id: "coder" }] },
  });
const readIssues = (hooks: object): readonly string[] => createFile(hooks).readIssues();

test("hooks need a token when they are on, agents that exist, and a path that is free", () => {
  expect(createConfigFile({ hooks: { enabled: true } }).readIssues()).toEqual([
    "hooks.token: is required with hooks.enabled; make one with: openssl rand -hex 24",
  ]);
  expect(readIssues({ allowedAgentIds: ["Main", "codre"] })).toEqual([
    'hooks.allowedAgentIds.1: no agent "codre" (did you mean "coder"?)',
  ]);
  expect(createFile({ allowedAgentIds: ["*"], path: "/in/events" }).load().config.hooks.path).toBe(
    "/in/events",
  );
  const badPath =
    'hooks.path: must be a path such as "/hooks", without a slash at its end and without the segments "." and ".."';
  for (const path of ["/", "hooks", "/hooks/", "/..", "/a/./b"])
    expect(readIssues({ path })).toEqual([badPath]);
  expect(createFile({ path: "/.hooks/..." }).load().config.hooks.path).toBe("/.hooks/...");
  expect(readIssues({ path: "/v1/models" })).toEqual([
    'hooks.path: collides with /v1/models/{model} of the API: "/v1/models"',
  ]);
});

test("the rule for keys must allow the key of hooks that choose none", () => {
  const allowedSessionKeyPrefixes = ["mail:"];
  const { hooks } = createFile({ allowedSessionKeyPrefixes, defaultSessionKey: "Mail:all" }).load().config;
  expect(hooks.defaultSessionKey).toBe("Mail:all");
  for (const defaultSessionKey of [undefined, "chat"]) {
    expect(readIssues({ allowedSessionKeyPrefixes, defaultSessionKey })).toEqual([
      `hooks.allowedSessionKeyPrefixes: does not allow the key of requests without sessionKey: add a prefix of ${JSON.stringify(defaultSessionKey ?? "hook:")}, or set defaultSessionKey`,
    ]);
  }
});

test("the mappings of OpenClaw have no effect, and a warning names them; its other settings apply", () => {
  const { config, warnings } = createFile({
    enabled: true,
    mappings: [{ match: { path: "github" }, action: "agent" }],
    presets: ["gmail"],
    allowRequestSessionKey: false,
    internal: { enabled: true },
  }).load();
  expect(config.hooks.enabled).toBe(true);
  expect(warnings.join("\n")).toContain("hooks.mappings, hooks.presets, hooks.internal: maps requests");
  expect(JSON.stringify(config)).not.toContain(hookToken);
});
