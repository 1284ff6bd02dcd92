import { expect, test } from "vitest";
import { createConfigFile } from "../support/gateway/config-folder.ts";

const warningsOf = (content: unknown): readonly string[] => createConfigFile(content).load().warnings;

test("an unknown tool name is a warning with a suggestion, in every list", () => {
  const warnings = warningsOf({
    tools: { allow: ["exce", "read"], byProvider: { builtin: { profile: "minimal", alsoAllow: ["grep"] } } },
    agents: { list: [{ id: "a", tools: { profile: "coding", alsoAllow: ["group:f"], deny: ["wriite"] } }] },
    gateway: { tools: { allow: ["baash"], deny: ["sesions_list"] } },
  });
  expect(warnings).toEqual([
    'tools.allow.0: has no effect: there is no tool "exce" (did you mean "exec"?)',
    'tools.byProvider.builtin.alsoAllow.0: has no effect: there is no tool "grep"',
    'agents.list.0.tools.alsoAllow.0: has no effect: there is no tool "group:f" (did you mean "group:fs"?)',
    'agents.list.0.tools.deny.0: has no effect: there is no tool "wriite" (did you mean "write"?)',
    'gateway.tools.allow.0: has no effect: there is no tool "baash" (did you mean "bash"?)',
    'gateway.tools.deny.0: has no effect: there is no tool "sesions_list" (did you mean "sessions_list"?)',
  ]);
});

test("names in any case, aliases, groups, globs and tools of configured servers are valid", () => {
  const allow = ["READ", "bash", "Group:FS", "group:mcp", "*", "sessions_*", "docs__search", "DOCS__*", "d*"];
  const docs = { command: "docs-server" };
  expect(warningsOf({ tools: { allow, mcpServers: { docs } } })).toEqual([]);
  expect(warningsOf({ tools: { allow: ["docs__search"] } })).toEqual([
    'tools.allow.0: has no effect: there is no tool "docs__search"',
  ]);
});

test("denying a tool that only OpenClaw has is fine; allowing it is a warning", () => {
  expect(warningsOf({ tools: { deny: ["browser", "group:ui", "web_search"] } })).toEqual([]);
  expect(warningsOf({ tools: { allow: ["browser", "read"] } })).toEqual([
    'tools.allow.0: has no effect: there is no tool "browser"',
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
