/** A run of a gateway that is killed: a repeated call gets the outcome from the transcript, never a second run. */
import { expect, test } from "vitest";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { connectTestSocket, waitForFinalResponse } from "../support/sockets/socket.ts";

test("a run that a kill interrupted does not run again for its key: it is reported as interrupted", async () => {
  const first = await startGatewayProcess();
  const socket = await connectTestSocket(first);
  const params = { message: "/slow 1s", idempotencyKey: "cut" };
  await socket.call("agent", params);
  await socket.waitForFrame(
    ({ event, payload }) => event === "agent" && (payload as { stream: string }).stream === "assistant",
  );
  await first.end("SIGKILL");

  const second = await startGatewayProcess({ stateDir: first.stateDir });
  const again = await connectTestSocket(second);
  for (let i = 0; i < 2; i += 1) {
    expect((await again.call("agent", params)).error).toMatchObject({
      code: "ABORTED",
      details: { code: "run_interrupted" },
      retryable: false,
    });
  }
  const { messages } = await again.request<{ messages: readonly object[] }>("chat.history", {
    sessionKey: "main",
  });
  expect(messages).toHaveLength(1);
});

test("a completed run returns its stored result after a kill", async () => {
  const first = await startGatewayProcess();
  const socket = await connectTestSocket(first);
  const params = { message: "My name is Ada.", idempotencyKey: "done" };
  const { id = "" } = await socket.call("agent", params);
  const { payload } = await waitForFinalResponse(socket, id);
  await first.end("SIGKILL");

  const second = await startGatewayProcess({ stateDir: first.stateDir });
  const again = await connectTestSocket(second);
  expect(await again.request("agent", params)).toEqual(payload);
  const { messages } = await again.request<{ messages: readonly object[] }>("chat.history", {
    sessionKey: "main",
  });
  expect(messages).toHaveLength(2);
});

test("a stopping gateway lets runs of the socket finish before it closes", async () => {
  const gateway = await startGatewayProcess();
  const socket = await connectTestSocket(gateway);
  const { id = "" } = await socket.call("agent", { message: "/slow 50ms\n/length 20", idempotencyKey: "k" });
  await socket.waitForFrame(({ event }) => event === "chat");
  const exit = gateway.end("SIGTERM");
  await socket.waitForFrame(({ event }) => event === "shutdown");
  expect(await waitForFinalResponse(socket, id)).toMatchObject({ ok: true, payload: { status: "ok" } });
  expect((await socket.closed).code).toBe(1012);
  expect(await exit).toBe(0);
});
