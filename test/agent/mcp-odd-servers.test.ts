/** MCP servers that send what the specification does not allow: the rest of their tools and results is used. */
import { expect, test } from "vitest";
import { join } from "node:path";
import { packageRoot } from "../../server/lib/package.ts";
import { openMcpServers, readResultText } from "../support/tools/mcp-servers.ts";

const file = join(packageRoot, "test/support/tools/mcp-odd-server.ts");
const fine = {
  name: "fine",
  description: "Fine.",
  inputSchema: { type: "object", properties: { a: { type: "string" } } },
};
const empty = { type: "object", properties: {} };

function startOddServer({
  tools = [fine],
  page = {},
  result = {},
}: {
  tools?: unknown;
  page?: object;
  result?: unknown;
}) {
  const env = { TOOLS: JSON.stringify({ tools, ...page }), RESULT: JSON.stringify(result) };
  const servers = openMcpServers({ odd: { command: process.execPath, args: [file], env } });
  return { ...servers, listTools: () => servers.listTools("odd", new AbortController().signal) };
}

test.for<[string, object, object]>([
  ["no schema", {}, empty],
  ["null for its schema", { inputSchema: null }, empty],
  ["an empty schema", { inputSchema: {} }, empty],
  ["null for its properties", { inputSchema: { type: "object", properties: null } }, empty],
  ["null for what is required", { inputSchema: { ...empty, required: null } }, empty],
  [
    "a union at the root",
    {
      inputSchema: {
        anyOf: [
          { type: "object", properties: { a: {} } },
          { type: "object", properties: { b: {} } },
        ],
      },
    },
    { type: "object", properties: { a: {}, b: {} } },
  ],
  ["null for its description", { description: null, inputSchema: empty }, empty],
  [
    "an output schema that is none",
    { inputSchema: empty, outputSchema: { type: "array", items: {} } },
    empty,
  ],
  ["an output schema with an unknown type", { inputSchema: empty, outputSchema: { type: "strnig" } }, empty],
  ["annotations of a wrong type", { inputSchema: empty, annotations: { readOnlyHint: "yes" } }, empty],
  ["icons of a wrong type", { inputSchema: empty, icons: "x" }, empty],
])("a tool with %s is offered, and so is the one beside it", async ([, fields, parameters]) => {
  const { listTools } = startOddServer({ tools: [fine, { name: "odd", ...fields }] });
  const tools = await listTools();
  expect(tools.map(({ name }) => name)).toEqual(["odd__fine", "odd__odd"]);
  expect(tools[1]?.parameters).toEqual(parameters);
});

test.for<[string, unknown, string, string]>([
  [
    "whose arguments are a string",
    { name: "odd", inputSchema: { type: "string" } },
    "odd",
    "its arguments are not an object",
  ],
  ["whose schema is a list", { name: "odd", inputSchema: [] }, "odd", "its input schema is not an object"],
  ["without a name", { name: "", inputSchema: empty }, "number 2", "it has no name"],
  ["that is null", null, "number 2", "it has no name"],
  ["that is listed twice", { ...fine, description: "Again." }, "fine", "there is another one of this name"],
])("a tool %s is left out by name, and only that one", async ([, tool, name, problem]) => {
  const { listTools, lines } = startOddServer({ tools: [fine, tool] });
  expect((await listTools()).map(({ description }) => description)).toEqual(["Fine."]);
  await listTools();
  expect(lines.filter(({ message }) => message === "MCP tool left out")).toEqual([
    { level: "warn", message: "MCP tool left out", fields: { server: "odd", tool: name, problem } },
  ]);
});

test.for([null, "", 5])("a list ends with the next cursor %j", async (nextCursor) => {
  const { listTools } = startOddServer({ page: { nextCursor } });
  expect(await listTools()).toHaveLength(1);
});

const text = (value: string): object => ({ type: "text", text: value });

test.for<[string, object, readonly object[]]>([
  [
    "a block of an unknown type",
    { content: [text("seen"), { type: "video", data: "x" }] },
    [text("seen"), text("[video: not shown]")],
  ],
  ["an unknown block with a text", { content: [{ type: "markdown", text: "seen" }] }, [text("seen")]],
  [
    "a block that is null",
    { content: [text("seen"), null] },
    [text("seen"), text("[content of unknown type: not shown]")],
  ],
  [
    "JSON as a block",
    { content: [{ type: "json", json: { answer: 42 } }] },
    [text('{"type":"json","json":{"answer":42}}')],
  ],
  ["a text that is a number", { content: [{ type: "text", text: 5 }] }, [text("5")]],
  ["no content", {}, [text("(no output)")]],
  ["null for content", { content: null }, [text("(no output)")]],
  ["structured content alone", { structuredContent: { n: 1 } }, [text('{"n":1}')]],
  ["the result of an old version", { toolResult: "old" }, [text('"old"')]],
])("a result with %s is used", async ([, result, content]) => {
  const { callTool } = startOddServer({ result });
  expect(await callTool("odd__fine", {})).toMatchObject({ content, isError: false });
});

test("a list of tools that is null has none", async () => {
  expect(await startOddServer({ tools: null }).listTools()).toEqual([]);
});

test.for([
  ["a text", "Hello."],
  ["one block", { type: "text", text: "Hello." }],
] as const)("%s in place of the list of blocks is read", async ([, content]) => {
  const odd = startOddServer({ result: { content } });
  expect(readResultText(await odd.callTool("odd__fine", {}))).toBe("Hello.");
});
