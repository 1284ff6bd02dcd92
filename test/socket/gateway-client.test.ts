/** The public client of OpenClaw, the system whose protocol this gateway implements, used as its users use it. */
import { GatewayClient, type GatewayClientOptions } from "@openclaw/gateway-client";
import { expect, onTestFinished, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { startTestGateway, createTemporaryFolder, token } from "../support/gateway/gateway.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";
import { toWebSocketUrl } from "../support/sockets/socket.ts";

interface Client {
  readonly client: GatewayClient;
  /** All received hello results. */
  readonly hellos: { readonly protocol: number }[];
  readonly events: { readonly event: string; readonly payload?: unknown }[];
  readonly gaps: unknown[];
}

function startClient(url: string, options: Partial<GatewayClientOptions> = {}): Client {
  const hellos: { protocol: number }[] = [];
  const events: { event: string; payload?: unknown }[] = [];
  const gaps: unknown[] = [];
  const client = new GatewayClient({
    url: toWebSocketUrl(url),
    token,
    clientName: "cli",
    mode: "cli",
    scopes: ["operator.read", "operator.write"],
    deviceIdentity: null,
    onHelloOk: (hello) => hellos.push(hello),
    onEvent: (event) => events.push(event),
    onGap: (gap) => gaps.push(gap),
    ...options,
  });
  onTestFinished(() => client.stop());
  client.start();
  return { client, hellos, events, gaps };
}

const model = createScriptedModel([says("hel"), says("lo")]);

test.each([3, 4])(
  "it connects with protocol %i, runs an agent to its final result and receives the events",
  async (protocol) => {
    const { url } = await startTestGateway({ model });
    const { client, hellos, events, gaps } = startClient(url, {
      minProtocol: protocol,
      maxProtocol: protocol,
    });
    await expect.poll(() => hellos.length).toBe(1);
    expect(hellos[0]?.protocol).toBe(protocol);

    const params = { message: "hi", idempotencyKey: "run-1" };
    const result = await client.request("agent", params, { expectFinal: true });
    expect(result).toMatchObject({ runId: "run-1", status: "ok", result: { payloads: [{ text: "hello" }] } });
    await expect
      .poll(() => events.findLast(({ event }) => event === "chat")?.payload)
      .toMatchObject({ runId: "run-1", state: "final" });
    expect(events.some(({ event }) => event === "agent")).toBe(true);
    expect(await client.request("health")).toMatchObject({ ok: true });
    expect(gaps).toEqual([]);
  },
);

test("it reconnects after a restart of the gateway, and its session still exists", async () => {
  const stateDir = createTemporaryFolder();
  const first = await startTestGateway({ model, stateDir });
  const { client, hellos } = startClient(first.url);
  await expect.poll(() => hellos.length).toBe(1);
  await client.request("agent", { message: "hi", idempotencyKey: "run-1" }, { expectFinal: true });
  await first.stop();
  await startTestGateway({ model, stateDir, port: Number(new URL(first.url).port) });
  await expect.poll(() => hellos.length).toBe(2);
  const history = await client.request<{ messages: readonly { role: string }[] }>("chat.history", {
    sessionKey: "main",
  });
  expect(history.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
});

test("a wrong token is reported as such", async () => {
  const { url } = await startTestGateway({ model });
  const errors: Error[] = [];
  startClient(url, { token: "wrong", onConnectError: (error) => errors.push(error) });
  await expect.poll(() => errors.length).toBeGreaterThan(0);
  expect(errors[0]?.message).toContain("unauthorized");
});
