import { expect, test } from "vitest";
import { Config, type ConfigInput } from "../../contracts/config/config.ts";
import { createToolRegistry, type ToolRegistry } from "../../server/agent/tools/registry.ts";
import type { Tool } from "../../server/agent/types.ts";

const createTool = (name: string): Tool => ({
  name,
  description: "",
  parameters: {},
  check: () => [],
  run: () => Promise.reject(new Error("nobody calls it here")),
});
const { signal } = new AbortController();
const model = "builtin/assistant";

/** Returns a registry with the servers `docs` and `down`, and the names of started servers. */
function createTestRegistry(tools: ConfigInput["tools"] = {}): {
  registry: ToolRegistry;
  started: readonly string[];
} {
  const started: string[] = [];
  const registry = createToolRegistry({
    config: Config.parse({ tools }),
    getBuiltInTools: () => [createTool("read"), createTool("exec")],
    mcp: {
      serverNames: ["docs", "down"],
      listTools: (server) => {
        started.push(server);
        if (server === "down") return Promise.reject(new Error('The MCP server "down" has ended.'));
        return Promise.resolve([createTool("docs__search"), createTool("docs__Add")]);
      },
    },
  });
  return { registry, started };
}

const listNames = async (registry: ToolRegistry): Promise<readonly string[]> =>
  (await registry.toolbox("main").toolsFor(model, signal)).map(({ name }) => name);

test("an agent has the built-in tools and those of the servers that respond", async () => {
  const { registry, started } = createTestRegistry();
  expect(await listNames(registry)).toEqual(["read", "exec", "docs__search", "docs__Add"]);
  expect(started).toEqual(["docs", "down"]);
});

test("servers whose tools are denied are neither started nor waited for", () => {
  const rules: NonNullable<ConfigInput["tools"]>[] = [
    { profile: "minimal" },
    { deny: ["group:mcp"] },
    { allow: ["re*"] },
  ];
  for (const each of rules) {
    const { registry, started } = createTestRegistry(each);
    expect(registry.toolbox("main").toolsFor(model, signal)).toBeInstanceOf(Array);
    expect(started).toEqual([]);
  }
});

test("of a server with some denied tools the others are available", async () => {
  const { registry, started } = createTestRegistry({ allow: ["read", "docs__*"], deny: ["DOCS__ADD"] });
  expect(await listNames(registry)).toEqual(["read", "docs__search"]);
  expect(started).toEqual(["docs"]);
});

test("servers are asked in parallel", async () => {
  let requests = 0;
  let open = (): void => {};
  const both = new Promise<void>((resolve) => (open = resolve));
  const registry = createToolRegistry({
    config: Config.parse({}),
    getBuiltInTools: () => [],
    mcp: {
      serverNames: ["a", "b"],
      listTools: async (server) => {
        requests += 1;
        if (requests === 2) open();
        await both;
        return [createTool(`${server}__x`)];
      },
    },
  });
  expect(await listNames(registry)).toEqual(["a__x", "b__x"]);
});

test("a tool is found by its name in any case or its alias, and starts at most its own server", async () => {
  const { registry, started } = createTestRegistry();
  expect((await registry.findTool("main", "Bash", signal))?.name).toBe("exec");
  expect(await registry.findTool("main", "write", signal)).toBeUndefined();
  expect(started).toEqual([]);
  expect((await registry.findTool("main", "DOCS__ADD", signal))?.name).toBe("docs__Add");
  expect(started).toEqual(["docs"]);
  await expect(registry.findTool("main", "down__x", signal)).rejects.toThrow('"down" has ended');
});

test("canExist and listCandidateNames start no unrelated server", async () => {
  const { registry } = createTestRegistry();
  expect(
    ["bash", "docs__whatever", "nobody__x", "write"].map((name) => registry.canExist("main", name)),
  ).toEqual([true, true, false, false]);
  expect(await registry.listCandidateNames("main", "docs__serach", signal)).toEqual([
    "docs__search",
    "docs__Add",
  ]);
  expect(await registry.listCandidateNames("main", "raed", signal)).toEqual(["read", "exec"]);
});
