import { expect, test } from "vitest";
import { decide } from "../../server/agent/tools/policy.ts";
import { createConfigFile } from "../support/gateway/config-folder.ts";

const warningsOf = (content: unknown): readonly string[] => createConfigFile(content).load().warnings;

test("an unknown tool name in a list that allows is a warning with a suggestion", () => {
  const warnings = warningsOf({
    tools: { allow: ["exce", "read"], byProvider: { builtin: { profile: "minimal", alsoAllow: ["grep"] } } },
    agents: { list: [{ id: "a", tools: { profile: "coding", alsoAllow: ["group:f"] } }] },
    gateway: { tools: { allow: ["baash"] } },
  });
  expect(warnings).toEqual([
    'tools.allow.0: has no effect: there is no tool "exce" (did you mean "exec"?)',
    'tools.byProvider.builtin.alsoAllow.0: has no effect: there is no tool "grep"',
    'agents.list.0.tools.alsoAllow.0: has no effect: there is no tool "group:f" (did you mean "group:fs"?)',
    'gateway.tools.allow.0: has no effect: there is no tool "baash" (did you mean "bash"?)',
  ]);
});

test("an unknown name in a list that denies is an error: the agent would keep what the file takes away", () => {
  const { readIssues } = createConfigFile({
    tools: {
      deny: ["exce"],
      byProvider: { builtin: { deny: ["githb__*"] } },
      mcpServers: { github: { command: "g" } },
      sandbox: { tools: { deny: ["raed"] } },
    },
    agents: { list: [{ id: "a", tools: { deny: ["wriite"] } }] },
    gateway: { tools: { deny: ["sesions_list"] } },
  });
  expect(readIssues()).toEqual([
    'tools.deny.0: denies nothing: there is no tool "exce" (did you mean "exec"?)',
    'tools.byProvider.builtin.deny.0: denies nothing: there is no tool "githb__*" (did you mean "github__*"?)',
    'agents.list.0.tools.deny.0: denies nothing: there is no tool "wriite" (did you mean "write"?)',
    'tools.sandbox.tools.deny.0: denies nothing: there is no tool "raed" (did you mean "read"?)',
    'gateway.tools.deny.0: denies nothing: there is no tool "sesions_list" (did you mean "sessions_list"?)',
  ]);
});

test.for(["bundle-mcp", "group:plugins", "group:mcp", "Bundle-MCP"])(
  "%s means the tools of all MCP servers, in every list",
  (name) => {
    const docs = { command: "docs-server" };
    const decideWith = (tools: object, tool: string): boolean => {
      const { config, warnings } = createConfigFile({ tools: { ...tools, mcpServers: { docs } } }).load();
      expect(warnings).toEqual([]);
      return decide(config, { agentId: "main", model: "builtin/assistant", surface: "run", tool }).allowed;
    };
    expect(decideWith({ deny: [name] }, "docs__search")).toBe(false);
    expect(decideWith({ deny: [name] }, "read")).toBe(true);
    expect(decideWith({ profile: "minimal", alsoAllow: [name] }, "docs__search")).toBe(true);
    expect(decideWith({ allow: [name] }, "docs__search")).toBe(true);
    expect(decideWith({ allow: [name] }, "read")).toBe(false);
  },
);

test("names in any case, aliases, groups, globs and tools of configured servers are valid", () => {
  const allow = ["READ", "bash", "Group:FS", "group:mcp", "*", "sessions_*", "docs__search", "DOCS__*", "d*"];
  const docs = { command: "docs-server" };
  expect(warningsOf({ tools: { allow, mcpServers: { docs } } })).toEqual([]);
  expect(warningsOf({ tools: { allow: ["docs__search"] } })).toEqual([
    'tools.allow.0: has no effect: there is no tool "docs__search"',
  ]);
});

test("tools that only OpenClaw has are one line, in lists that deny and in lists that allow", () => {
  const warnings = warningsOf({
    tools: { deny: ["browser", "group:ui", "image*"] },
    agents: { entries: { a: { tools: { allow: ["web_search", "read"] } } } },
  });
  expect(warnings).toEqual([
    'tools of OpenClaw that this gateway does not have, without effect: tools.deny "browser", tools.deny "group:ui", tools.deny "image*", agents.entries.a.tools.allow "web_search"',
  ]);
});

test("a denial of a server that is switched off or left out is right", () => {
  const servers = {
    off: { command: "x", enabled: false },
    signedIn: { url: "https://a.example", auth: "oauth" },
  };
  expect(warningsOf({ mcp: { servers }, tools: { deny: ["off__write", "signedIn__*"] } })).toEqual([
    "mcp.servers.signedIn: is left out: it needs a sign-in in the browser; set headers.Authorization to a token",
  ]);
});

test("lists without effect, and lists that allow nothing, are warnings", () => {
  const warnings = warningsOf({
    tools: { alsoAllow: ["exec"] },
    agents: {
      entries: { a: { tools: { allow: [] } }, b: { tools: { alsoAllow: ["exec"], profile: "minimal" } } },
      defaults: {},
    },
  });
  expect(warnings).toEqual(["agents.entries.a.tools.allow: is empty: it allows no tool"]);
  expect(warningsOf({ agents: { list: [{ id: "a", tools: { alsoAllow: ["exec"] } }] } })).toEqual([
    "agents.list.0.tools.alsoAllow: has no effect: there is no profile to add to",
  ]);
});
