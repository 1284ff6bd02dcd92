/** The sandbox of one agent: what its tools may do, and that its commands run in bubblewrap. */
import { chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decide } from "../../server/agent/tools/policy.ts";
import { builtInToolNames } from "../../server/lib/tool-names.ts";
import { hasBubblewrap } from "../support/tools/bubblewrap.ts";
import { createTestExec, readOutput } from "../support/tools/exec.ts";
import { createConfigFile } from "../support/gateway/config-folder.ts";

const sandboxed = test.skipIf(!hasBubblewrap);

/** Returns the tools that the agents `a` (the default settings) and `b` may use. */
function listAllowed(content: object, agentId = "a"): readonly string[] {
  const { config } = createConfigFile({
    tools: { profile: "full", mcpServers: { docs: { command: "d" } } },
    ...content,
  }).load();
  const request = { agentId, model: "builtin/assistant", surface: "run" } as const;
  return [...builtInToolNames, "docs__search"].filter((tool) => decide(config, { ...request, tool }).allowed);
}

const agents = (defaults: object, b: object = {}) => ({
  agents: { defaults: { sandbox: defaults }, entries: { a: {}, b } },
});
const sessions = ["session_status", "sessions_list", "sessions_history"];
const commands = ["exec", "process"];

test("an agent with a sandbox has files, commands and session tools, as far as it may use the workspace", () => {
  expect(listAllowed(agents({ mode: "all", workspaceAccess: "rw" }))).toEqual([
    "read",
    "write",
    "edit",
    "apply_patch",
    ...commands,
    ...sessions,
  ]);
  expect(listAllowed(agents({ mode: "non-main", workspaceAccess: "ro" }))).toEqual([
    "read",
    ...commands,
    ...sessions,
  ]);
  expect(listAllowed(agents({ mode: "all" }))).toEqual([...commands, ...sessions]);
  expect(listAllowed(agents({ mode: "off" }))).toHaveLength(builtInToolNames.length + 1);
});

test("tools.sandbox.tools adds and removes, an agent's own lists replace them, and other agents are free", () => {
  const tools = { sandbox: { tools: { alsoAllow: ["bundle-mcp", "web_fetch"], deny: ["process"] } } };
  const content = {
    ...agents({ mode: "all" }, { sandbox: { mode: "off" } }),
    tools: { profile: "full", mcpServers: { docs: { command: "d" } }, ...tools },
  };
  expect(listAllowed(content)).toEqual(["exec", "web_fetch", ...sessions, "docs__search"]);
  expect(listAllowed(content, "b")).toHaveLength(builtInToolNames.length + 1);
  const own = agents({ mode: "all" }, { tools: { sandbox: { tools: { allow: ["session_status"] } } } });
  expect(listAllowed({ ...own, tools }, "b")).toEqual(["session_status"]);
});

test("a denial names the setting and what to set", () => {
  const { config } = createConfigFile(agents({ mode: "all" }, { sandbox: { workspaceAccess: "ro" } })).load();
  const request = { model: "builtin/assistant", surface: "run" } as const;
  expect(decide(config, { ...request, agentId: "a", tool: "read" })).toMatchObject({
    by: "agents.defaults.sandbox.workspaceAccess",
    denials: [{ remedy: 'set agents.defaults.sandbox.workspaceAccess to "ro" or "rw"' }],
  });
  expect(decide(config, { ...request, agentId: "b", tool: "write" })).toMatchObject({
    by: "agents.entries.b.sandbox.workspaceAccess",
  });
});

/** The workspace has one file; `tools.exec.sandbox` is off. */
function createAgentExec(workspaceAccess: "none" | "ro" | "rw") {
  const testTools = createTestExec({
    sandbox: { workspaceAccess, showsAllSessions: false, place: "agents.defaults.sandbox" },
  });
  mkdirSync(testTools.folder);
  if (process.getuid?.() === 0) chownSync(testTools.folder, 65_534, 65_534);
  writeFileSync(join(testTools.folder, "notes.txt"), "the notes");
  return testTools;
}

sandboxed.for([
  ["rw", "the notes", true],
  ["ro", "the notes", false],
] as const)("commands of an agent with %s", async ([access, notes, isWritten]) => {
  const { exec, folder } = createAgentExec(access);
  expect(readOutput(await exec({ command: "cat notes.txt" }))).toBe(notes);
  await exec({ command: "echo new > new.txt" });
  expect(existsSync(join(folder, "new.txt"))).toBe(isWritten);
});

sandboxed("commands without the workspace have an empty folder, which is gone with each", async () => {
  const { exec, folder } = createAgentExec("none");
  expect(readOutput(await exec({ command: "ls -A && echo mine > mine.txt && cat mine.txt" }))).toBe("mine\n");
  expect(readOutput(await exec({ command: "ls -A; cat notes.txt 2>&1" }))).not.toContain("the notes");
  expect(readOutput(await exec({ command: "ls -A" }))).toBe("");
  expect(existsSync(join(folder, "mine.txt"))).toBe(false);
});

test("where bubblewrap is missing no command runs, although tools.exec.sandbox is off", async () => {
  const { exec } = createTestExec({
    env: { PATH: "/nowhere" },
    sandbox: { workspaceAccess: "rw", showsAllSessions: false, place: "agents.defaults.sandbox" },
  });
  await expect(exec({ command: "echo ran" })).rejects.toThrow(
    "No command can run: the configuration demands a sandbox",
  );
});
