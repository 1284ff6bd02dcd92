import { expect, test } from "vitest";
import { errorResult } from "../../server/agent/tools/define-tool.ts";
import type { Tool } from "../../server/agent/types.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import {
  createActionTool,
  readError,
  startToolsGateway,
  createReadTool,
} from "../support/gateway/tools-gateway.ts";

const throwing = (thrown: unknown): Tool => createActionTool("read", () => Promise.reject(thrown));

const untilAborted = ({ signal }: { readonly signal: AbortSignal }): Promise<unknown> =>
  new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));

test("images have the format that OpenClaw's clients read", async () => {
  const part = { type: "image", mediaType: "image/png", data: "aGk=" } as const;
  const picture: Tool = {
    ...createReadTool(),
    check: () => [],
    run: () => Promise.resolve({ content: [part], isError: false }),
  };
  const server = await startToolsGateway({ tools: [picture] });
  expect(await (await server.invoke({ tool: "read" })).json()).toEqual({
    ok: true,
    type: "result",
    result: { content: [{ type: "image", mimeType: "image/png", data: "aGk=" }] },
  });
});

test("a tool that fails, by its result or by throwing, returns its own message", async () => {
  const failing: Tool = {
    ...createReadTool(),
    check: () => [],
    run: () => Promise.resolve(errorResult("There is no a.txt.")),
  };
  const message = "There is no a.txt.";
  for (const tool of [
    failing,
    throwing(new Error(message)),
    throwing(new GatewayError("invalid_value", message, { param: "url" })),
  ]) {
    const server = await startToolsGateway({ tools: [tool] });
    expect(await readError(await server.invoke({ tool: "read" }))).toEqual({
      status: 400,
      type: "invalid_request_error",
      code: "tool_error",
      param: null,
      message,
    });
  }
  const server = await startToolsGateway({ tools: [throwing(new Error("x".repeat(10_000)))] });
  expect(String((await readError(await server.invoke({ tool: "read" })))["message"]).length).toBeLessThan(
    4_096,
  );
});

test.each([
  new TypeError("undefined is not a function at /home/ada/secret.ts"),
  Object.assign(new Error("EIO: i/o error, read '/home/ada/a'"), { syscall: "read", code: "EIO" }),
  "thrown text",
])("a tool that crashes (%s) is an internal error whose cause is only logged", async (thrown) => {
  const server = await startToolsGateway({ tools: [throwing(thrown)] });
  const response = await server.invoke({ tool: "read" });
  expect(response.headers.get("x-should-retry")).toBe("false");
  const error = await readError(response);
  expect(error).toMatchObject({ status: 500, code: "internal_error" });
  expect(error["message"]).not.toContain("ada");
  expect(server.lines).toEqual([expect.objectContaining({ tool: "read", outcome: "internal_error" })]);
  if (thrown instanceof Error) expect(server.lines[0]?.["cause"]).toContain("ada");
});

test("a failure after the tool started is not retryable, one before it is", async () => {
  const started = Promise.withResolvers<void>();
  const heldTool = createActionTool("read", (context) => {
    started.resolve();
    return untilAborted(context);
  });
  const server = await startToolsGateway({
    tools: [heldTool],
    config: { gateway: { limits: { maxConcurrentRuns: 1, maxWaitingRuns: 0, drainMs: 1 } } },
  });
  const first = server.invoke({ tool: "read" });
  // Requests on different connections may overtake each other.
  await started.promise;
  const full = await server.invoke({ tool: "read" });
  expect(full.status).toBe(503);
  expect([full.headers.get("x-should-retry"), full.headers.get("retry-after")]).toEqual(["true", "5"]);
  void server.stop();
  const stopped = await first;
  expect([stopped.status, stopped.headers.get("x-should-retry")]).toEqual([503, "false"]);
});

test("the tool is aborted on a disconnect and at the agent's time limit", async () => {
  const ended: string[] = [];
  const started = Promise.withResolvers<void>();
  const slowTool = createActionTool("read", async ({ signal }) => {
    started.resolve();
    await untilAborted({ signal });
    ended.push(signal.reason instanceof GatewayError ? signal.reason.code : "left");
  });
  const controller = new AbortController();
  const server = await startToolsGateway({ tools: [slowTool] });
  const invocation = server.invoke({ tool: "read" }, { signal: controller.signal });
  await started.promise;
  controller.abort();
  await expect(invocation).rejects.toThrow();
  await expect.poll(() => server.lines.map(({ outcome }) => outcome)).toEqual(["run_aborted"]);

  const hurried = await startToolsGateway({
    tools: [slowTool],
    config: { agents: { defaults: { timeoutSeconds: 1 } } },
  });
  expect(await readError(await hurried.invoke({ tool: "read" }))).toMatchObject({
    status: 504,
    code: "run_timeout",
  });
  expect(ended).toEqual(["left", "run_timeout"]);
});

// ── Common checks ───────────────────────────────────────────

test("errors before the tool runs have the same shape", async () => {
  const server = await startToolsGateway({
    tools: [createReadTool()],
    config: { gateway: { tools: { maxBodyBytes: 100 } } },
  });
  const codeOf = async (response: Promise<Response>): Promise<unknown> =>
    (await readError(await response))["code"];
  expect(await codeOf(fetch(server.url))).toBe("method_not_allowed");
  expect(await codeOf(server.invoke({}, { headers: { authorization: "Bearer wrong" } }))).toBe(
    "invalid_api_key",
  );
  expect(await codeOf(server.invoke({}, { headers: { "content-type": "text/plain" } }))).toBe(
    "unsupported_media_type",
  );
  expect(await codeOf(server.invoke({ tool: "x".repeat(100) }))).toBe("request_too_large");
  expect(await codeOf(server.invoke(undefined, { body: "{" }))).toBe("invalid_json");
});
