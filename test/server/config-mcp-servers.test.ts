/** Lists of MCP servers as other programs write them. */
import { expect, test } from "vitest";
import { createConfigFile } from "../support/gateway/config-folder.ts";

const load = (content: unknown) => createConfigFile(content).load().config.tools.mcpServers;

test("mcpServers at the top of the file is tools.mcpServers, with the keys of other programs", () => {
  const servers = load({
    mcpServers: {
      notes: {
        command: "notes",
        args: ["--all"],
        transport: "stdio",
        autoApprove: ["search"],
        disabled: false,
      },
      old: { url: "https://mcp.example.com/sse", transport: "sse", disabled: true },
      web: { url: "https://mcp.example.com/mcp", type: "streamableHttp" },
    },
    tools: { mcpServers: { own: { command: "own" } } },
  });
  expect(servers).toMatchObject({
    notes: { command: "notes", transport: "stdio", disabled: false },
    old: { transport: "sse", disabled: true },
    web: { type: "streamableHttp" },
    own: { command: "own" },
  });
});

test("a name in both places is an error that names it; other mistakes have the place that counts", () => {
  const one = { command: "one" };
  expect(
    createConfigFile({ mcpServers: { a: one }, tools: { mcpServers: { a: one } } }).readIssues(),
  ).toEqual(["mcpServers.a: is in tools.mcpServers too; keep one of the two"]);
  expect(
    createConfigFile({ mcpServers: { a: { command: 1 } } })
      .readIssues()
      .join(),
  ).toContain("tools.mcpServers.a");
});

test("a relative working folder is relative to the file", () => {
  const folder = createConfigFile({ mcpServers: { a: { command: "a", cwd: "work" } } });
  expect(folder.load().config.tools.mcpServers).toMatchObject({
    a: { cwd: `${folder.home}/.openclaw/work` },
  });
});
