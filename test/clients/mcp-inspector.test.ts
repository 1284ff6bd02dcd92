/** The inspector of MCP's makers works with the gateway. */
import { describe, expect, test } from "vitest";
import { hasMcpInspector, inspect } from "../support/clients/mcp-inspector.ts";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";

const config = {
  gateway: { http: { endpoints: { mcp: { enabled: true, tools: true } } } },
  agents: { list: [{ id: "main" }, { id: "coder", description: "Writes programs." }] },
};

describe.skipIf(!hasMcpInspector)("MCP's inspector", () => {
  test("lists the agents and their tools, whose schemas it finds portable", async () => {
    const gateway = await startTestGateway({ config });
    const { tools } = await inspect(gateway.url, "--method", "tools/list", "--strict");
    expect(tools).toContainEqual(expect.objectContaining({ name: "coder", description: "Writes programs." }));
    expect(tools).toContainEqual(expect.objectContaining({ name: "read" }));
  });

  test("calls an agent and one of its tools, and shows a failure", async () => {
    const gateway = await startTestGateway({ config, model: createScriptedModel([{ text: "Hello!" }]) });
    const call = (...args: readonly string[]): Promise<Record<string, unknown>> =>
      inspect(gateway.url, "--method", "tools/call", "--tool-name", ...args);
    expect(await call("coder", "--tool-arg", "message=Say hello.")).toMatchObject({
      content: [{ type: "text", text: "Hello!" }],
    });
    expect(await call("sessions_list")).toMatchObject({ content: [{ type: "text" }] });
    await expect(call("read", "--tool-arg", "path=missing.txt")).rejects.toMatchObject({
      stdout: expect.stringContaining("missing.txt does not exist.") as string,
    });
  });
});
