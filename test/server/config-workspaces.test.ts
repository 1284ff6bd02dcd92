import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resolveWorkspace } from "../../server/config/workspaces.ts";
import { createConfigFile, createConfigFolder } from "../support/gateway/config-folder.ts";

test("an agent works in the configured folder, else in its own one in the state folder", () => {
  const stateDir = "/state";
  const folder = (configuredPath: string | undefined, agentId: string, isDefault: boolean): string =>
    resolveWorkspace({ configuredPath, agentId, isDefault, stateDir });
  expect(folder(undefined, "main", true)).toBe("/state/workspace");
  expect(folder(undefined, "coder", true)).toBe("/state/workspace");
  expect(folder(undefined, "Coder", false)).toBe("/state/workspace-coder");
  expect(folder("/srv/work", "coder", false)).toBe("/srv/work");
});

test.each([
  "~/work",
  "/srv/work",
  "workspace",
  "workspace-b",
  "workspace/deeper",
  "~/.openclaw/workspace-c/x",
  "~/.openclaw-2",
])("a workspace may be %s", (workspace) => {
  const { readIssues } = createConfigFile({
    agents: { defaults: { workspace }, list: [{ id: "a", workspace }] },
  });
  expect(() => readIssues()).toThrow("expected the configuration to be rejected");
});

test("a workspace can neither contain the state folder nor be in it", () => {
  const { home, readIssues } = createConfigFile({
    agents: {
      defaults: { workspace: "~" },
      list: [
        { id: "a", workspace: "~/.openclaw" },
        { id: "b", workspace: "/" },
        { id: "c", workspace: "sessions" },
        { id: "d", workspace: "workspaces" },
        { id: "e", workspace: "workspace/../credentials" },
        { id: "f", workspace: "workspace-" },
      ],
    },
  });
  const state = `${home}/.openclaw`;
  const contains = `must not contain the state folder ${state}; choose a folder beside it`;
  const liesIn = `must not be in the state folder ${state}, except ${state}/workspace or ${state}/workspace-<name>`;
  expect(readIssues()).toEqual([
    `agents.defaults.workspace: ${contains}`,
    `agents.list.0.workspace: ${contains}`,
    `agents.list.1.workspace: ${contains}`,
    `agents.list.2.workspace: ${liesIn}`,
    `agents.list.3.workspace: ${liesIn}`,
    `agents.list.4.workspace: ${liesIn}`,
    `agents.list.5.workspace: ${liesIn}`,
  ]);
});

test("the check uses the real state folder and resolves links", () => {
  const { home, readIssues } = createConfigFile({
    agents: {
      entries: {
        a: { workspace: "~/link/work" },
        b: { workspace: "~/by-state" },
        c: { workspace: "~/data" },
      },
    },
  });
  mkdirSync(join(home, "data/state"), { recursive: true });
  symlinkSync("data/state", join(home, "by-state"));
  symlinkSync("data/state", join(home, "link"));
  const env = {
    OPENCLAW_STATE_DIR: join(home, "by-state"),
    OPENCLAW_CONFIG_PATH: "~/.openclaw/openclaw.json",
  };
  const state = join(home, "by-state");
  expect(readIssues({ env })).toEqual([
    `agents.entries.a.workspace: must not be in the state folder ${state}, except ${state}/workspace or ${state}/workspace-<name>`,
    `agents.entries.b.workspace: must not contain the state folder ${state}; choose a folder beside it`,
    `agents.entries.c.workspace: must not contain the state folder ${state}; choose a folder beside it`,
  ]);
});

test("the check covers a state folder that does not exist yet", () => {
  const { readIssues } = createConfigFile({ agents: { defaults: { workspace: "~/new" } } });
  const env = { OPENCLAW_STATE_DIR: "~/new/state", OPENCLAW_CONFIG_PATH: "~/.openclaw/openclaw.json" };
  expect(readIssues({ env })[0]).toMatch(/^agents\.defaults\.workspace: must not contain the state folder/);
});

test("a workspace does not contain the configuration", () => {
  const { home, readIssues } = createConfigFolder({
    "conf/gateway.json5": { agents: { defaults: { workspace: "." } } },
  });
  const env = { OPENCLAW_STATE_DIR: "~/state", OPENCLAW_CONFIG_PATH: "~/.openclaw/conf/gateway.json5" };
  expect(readIssues({ env })).toEqual([
    `agents.defaults.workspace: must not contain the configuration ${home}/.openclaw/conf/gateway.json5; choose a folder beside it`,
  ]);
});
