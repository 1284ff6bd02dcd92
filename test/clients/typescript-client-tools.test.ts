import { expect, test } from "vitest";
import { createClient, type GatewayClient } from "../../clients/typescript/src/index.ts";
import { token } from "../support/gateway/gateway.ts";
import {
  createActionTool,
  startToolsGateway,
  createReadTool,
  type ToolsGateway,
} from "../support/gateway/tools-gateway.ts";

const createTestClient = (gateway: ToolsGateway): GatewayClient =>
  createClient({ baseUrl: new URL(gateway.url).origin, token });

test("the result of a tool has its content and its details", async () => {
  const gateway = await startToolsGateway({ tools: [createReadTool()] });
  const answer = await createTestClient(gateway).tools.invoke(
    { tool: "read", args: { path: "a" } },
    { sessionKey: "notes" },
  );
  expect(answer).toEqual({
    ok: true,
    type: "result",
    result: { content: [{ type: "text", text: "read a" }], details: { bytes: 4 } },
  });
  expect(gateway.lines).toEqual([expect.objectContaining({ sessionKey: "agent:main:notes" })]);
});

test("a denied tool rejects with its code, and a dry run returns the reason", async () => {
  const gateway = await startToolsGateway({ tools: [createActionTool("exec", () => Promise.resolve())] });
  const { invoke } = createTestClient(gateway).tools;
  await expect(invoke({ tool: "exec" })).rejects.toMatchObject({
    name: "GatewayRequestError",
    status: 404,
    code: "tool_denied",
    param: "tool",
  });
  const answer = await invoke({ tool: "exec", dryRun: true });
  expect(answer.type === "decision" && answer.decision).toMatchObject({
    allowed: false,
    by: "gateway.tools.allow",
  });
});

test("an abort stops the tool and rejects with its reason", async () => {
  let markStarted = (): void => {};
  const started = new Promise<void>((resolve) => (markStarted = resolve));
  const waiting = createActionTool("read", ({ signal }) => {
    markStarted();
    return new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  });
  const gateway = await startToolsGateway({ tools: [waiting] });
  const controller = new AbortController();
  const answer = createTestClient(gateway).tools.invoke({ tool: "read" }, { signal: controller.signal });
  await started;
  const reason = new Error("enough");
  controller.abort(reason);
  await expect(answer).rejects.toBe(reason);
  await expect.poll(() => gateway.lines.map(({ outcome }) => outcome)).toEqual(["run_aborted"]);
});
