import { expect, test } from "vitest";
import { createClient, type GatewayClient } from "../../clients/typescript/src/index.ts";
import { token } from "../support/gateway/gateway.ts";
import {
  createActionTool,
  startToolsGateway,
  createReadTool,
  type ToolsGateway,
} from "../support/gateway/tools-gateway.ts";

const createTestClient = (door: ToolsGateway): GatewayClient =>
  createClient({ baseUrl: new URL(door.url).origin, token });

test("a tool's answer is its content, with details for programs", async () => {
  const door = await startToolsGateway({ tools: [createReadTool()] });
  const answer = await createTestClient(door).tools.invoke(
    { tool: "read", args: { path: "a" } },
    { sessionKey: "notes" },
  );
  expect(answer).toEqual({
    ok: true,
    result: { content: [{ type: "text", text: "read a" }], details: { bytes: 4 } },
  });
  expect(door.lines).toEqual([expect.objectContaining({ sessionKey: "agent:main:notes" })]);
});

test("a denied tool rejects with its code, and a dry run answers with the reason", async () => {
  const door = await startToolsGateway({ tools: [createActionTool("exec", () => Promise.resolve())] });
  const { invoke } = createTestClient(door).tools;
  await expect(invoke({ tool: "exec" })).rejects.toMatchObject({
    name: "GatewayRequestError",
    status: 404,
    code: "tool_denied",
    param: "tool",
  });
  const answer = await invoke({ tool: "exec", dryRun: true });
  expect("decision" in answer && answer.decision).toMatchObject({
    allowed: false,
    by: "gateway.tools.allow",
  });
});

test("an abort ends the tool and rejects with its reason", async () => {
  let begun = (): void => {};
  const beginning = new Promise<void>((resolve) => (begun = resolve));
  const waiting = createActionTool("read", ({ signal }) => {
    begun();
    return new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  });
  const door = await startToolsGateway({ tools: [waiting] });
  const leaving = new AbortController();
  const answer = createTestClient(door).tools.invoke({ tool: "read" }, { signal: leaving.signal });
  await beginning;
  const reason = new Error("enough");
  leaving.abort(reason);
  await expect(answer).rejects.toBe(reason);
  await expect.poll(() => door.lines.map(({ outcome }) => outcome)).toEqual(["run_aborted"]);
});
