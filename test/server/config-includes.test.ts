import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createConfigFolder } from "../support/gateway/config-folder.ts";

test("an include is replaced by the content of its file", () => {
  const { load } = createConfigFolder({
    "openclaw.json": { gateway: { $include: "gateway.json5" } },
    "gateway.json5": "{ port: 1, http: { $include: 'parts/http.json5' } }",
    "parts/http.json5": "{ docs: { $include: './docs.json5' } }",
    "parts/docs.json5": "{ enabled: false }",
  });
  const { gateway } = load().config;
  expect(gateway.port).toBe(1);
  expect(gateway.http.docs.enabled).toBe(false);
});

test("several files are merged, later over earlier, and the keys beside the include win", () => {
  const { load } = createConfigFolder({
    "openclaw.json": { $include: ["a.json", "b.json"], agents: { defaults: { maxSteps: 3 } } },
    "a.json": { agents: { defaults: { maxSteps: 1, timeoutSeconds: 1 }, list: [{ id: "a" }] } },
    "b.json": { agents: { defaults: { maxSteps: 2, timeoutSeconds: 2 }, list: [{ id: "b" }] } },
  });
  const { defaults, list } = load().config.agents;
  expect(defaults).toMatchObject({ maxSteps: 3, timeoutSeconds: 2 });
  expect(list.map((agent) => agent.id)).toEqual(["b"]);
});

test("an array can be included without other keys", () => {
  const { load } = createConfigFolder({
    "openclaw.json": { agents: { list: { $include: "list.json" } } },
    "list.json": [{ id: "a" }, { id: "b" }],
  });
  expect(load().config.agents.list.map((agent) => agent.id)).toEqual(["a", "b"]);
});

test("variables work in included files", () => {
  const { load } = createConfigFolder({
    "openclaw.json": { $include: "a.json" },
    "a.json": { agents: { defaults: { instructions: "${WHO}" } } },
  });
  expect(load({ env: { WHO: "Ada" } }).config.agents.defaults.instructions).toBe("Ada");
});

test("a circular include is an error that shows the cycle", () => {
  const { readIssues } = createConfigFolder({
    "openclaw.json": { agents: { $include: "a.json" } },
    "a.json": { defaults: { $include: "b.json" } },
    "b.json": { $include: "a.json" },
  });
  expect(readIssues()).toEqual([
    'agents.defaults.$include: "a.json" includes itself: a.json → b.json → a.json',
  ]);
});

test("a file may be included twice, side by side", () => {
  const { load } = createConfigFolder({
    "openclaw.json": {
      agents: { defaults: { $include: "a.json" }, list: [{ id: "x", $include: "a.json" }] },
    },
    "a.json": { maxSteps: 5 },
  });
  const { defaults, list } = load().config.agents;
  expect([defaults.maxSteps, list[0]?.maxSteps]).toEqual([5, 5]);
});

function chain(length: number): Record<string, unknown> {
  const files: Record<string, unknown> = { "openclaw.json": { $include: "1.json" } };
  for (let i = 1; i < length; i++) files[`${i}.json`] = { $include: `${i + 1}.json` };
  return { ...files, [`${length}.json`]: { gateway: { port: 7 } } };
}

test("includes may be ten deep", () => {
  expect(createConfigFolder(chain(10)).load().config.gateway.port).toBe(7);
  expect(createConfigFolder(chain(11)).readIssues()).toEqual([
    '$include: "11.json" is more than 10 includes deep',
  ]);
});

test("the number of included files is limited", () => {
  const twice = (name: string): unknown => ({ $include: [name, name] });
  const files: Record<string, unknown> = { "openclaw.json": twice("1.json"), "9.json": {} };
  for (let i = 1; i < 9; i++) files[`${i}.json`] = twice(`${i + 1}.json`);
  expect(createConfigFolder(files).readIssues()[0]).toMatch(/exceeds the limit of 100 included files$/);
});

test("nothing outside the configuration's folder is included, by path or by link", () => {
  const { home, readIssues } = createConfigFolder({
    "openclaw.json": {
      gateway: { $include: "../outside.json" },
      agents: { $include: "link.json" },
      models: { $include: "folder/outside.json" },
      tools: { $include: "/etc/hostname" },
    },
  });
  writeFileSync(join(home, "outside.json"), "{}");
  symlinkSync(join(home, "outside.json"), join(home, ".openclaw", "link.json"));
  symlinkSync(home, join(home, ".openclaw", "folder"));
  const where = `is outside the configuration's folder ${join(home, ".openclaw")}`;
  expect(readIssues()).toEqual([
    `gateway.$include: "../outside.json" ${where}`,
    `agents.$include: "link.json" ${where}`,
    `models.$include: "folder/outside.json" ${where}`,
    `tools.$include: "/etc/hostname" ${where}`,
  ]);
});

test("a linked configuration includes from its real folder", () => {
  const { home, file, load } = createConfigFolder({
    "dotfiles/real.json": { $include: "a.json" },
    "dotfiles/a.json": { gateway: { port: 9 } },
  });
  symlinkSync(join(home, ".openclaw/dotfiles/real.json"), file);
  expect(load().config.gateway.port).toBe(9);
});

test("an invalid include is an error with the reason", () => {
  const { readIssues } = createConfigFolder({
    "openclaw.json": {
      gateway: { $include: "missing.json" },
      agents: { $include: 5 },
      models: { $include: "list.json", providers: {} },
      tools: { $include: "broken.json5" },
    },
    "list.json": [],
    "broken.json5": "{\n  deny: [,]\n}",
  });
  expect(readIssues()).toEqual([
    'gateway.$include: "missing.json" cannot be read: no such file',
    "agents.$include: expected a path or a list of paths",
    'models.$include: "list.json" is not an object, so it cannot be merged',
    "tools: in broken.json5: line 2, column 10: invalid character ','",
  ]);
});

test("an included file brings no prototype keys", () => {
  const { readIssues } = createConfigFolder({
    "openclaw.json": { gateway: { port: 1, $include: "a.json" } },
    "a.json": '{ "__proto__": { port: 2 } }',
  });
  expect(readIssues()).toEqual(["gateway.__proto__: this key is never allowed"]);
});
