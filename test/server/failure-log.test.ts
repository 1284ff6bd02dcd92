/** Which failures are logged, and that each is logged once. */
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { fails, says } from "../../contracts/examples/script.ts";
import {
  createChatBody,
  chatConfig,
  postChat,
  startTestGateway,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";
import { createConnectParams, openTestSocket } from "../support/sockets/socket.ts";

const id = "req-of-this-test";

function linesOf({ log }: TestGateway): readonly Record<string, unknown>[] {
  return log
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ requestId }) => requestId === id);
}

const rejectedAttachment = (more: object = {}): object => ({
  model: "openclaw",
  messages: [
    { role: "user", content: [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }] },
  ],
  ...more,
});

async function startFailingProvider(): Promise<ConfigInput> {
  const server = createServer((_, res) => {
    res.writeHead(500, { "content-type": "application/json" });
    res.end(JSON.stringify({ error: { message: "cannot embed: the secret prompt" } }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return {
    gateway: { http: { endpoints: { embeddings: { enabled: true } } } },
    models: { providers: { far: { baseUrl, apiKey: "key-of-the-provider" } } },
    agents: { defaults: { embeddingModel: "far/small" } },
  };
}

test("a failure of embeddings is logged with the request id, without the provider's words", async () => {
  const gateway = await startTestGateway({ config: await startFailingProvider() });
  const response = await fetch(`${gateway.url}/v1/embeddings`, {
    method: "POST",
    body: JSON.stringify({ model: "openclaw", input: "hi" }),
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "x-request-id": id },
  });
  expect([response.status, response.headers.get("x-request-id")]).toEqual([502, id]);
  expect(linesOf(gateway)).toEqual([
    expect.objectContaining({ level: "debug", message: "model failed", code: "upstream_error" }),
    expect.objectContaining({
      level: "warn",
      message: "request failed",
      code: "upstream_error",
      status: 502,
    }),
  ]);
  expect(gateway.log.join("")).not.toContain("the secret prompt");
});

test("a chat whose attachment is rejected is logged with the request id", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel([says("no")]) });
  const response = await postChat(gateway.url, rejectedAttachment(), { headers: { "x-request-id": id } });
  expect(response.status).toBe(400);
  expect(linesOf(gateway)).toEqual([
    expect.objectContaining({ message: "request rejected", code: "unsupported_value", status: 400 }),
  ]);
});

test("a stream that fails without a run after its headers were sent is logged too", async () => {
  const fetched = Promise.withResolvers<never>();
  const gateway = await startTestGateway({
    model: createScriptedModel([says("no")]),
    config: {
      gateway: {
        http: { endpoints: { chatCompletions: { enabled: true, images: { allowUrl: true } } } },
      },
    },
    streamTimes: { headersAfterMs: 0 },
    fetch: () => fetched.promise,
  });
  const stream = rejectedAttachment({ stream: true });
  const response = await postChat(gateway.url, stream, { headers: { "x-request-id": id } });
  fetched.reject(new Error("the disk is gone"));
  expect([response.status, await response.text()]).toEqual([
    200,
    expect.stringContaining('"code":"internal_error"'),
  ]);
  await expect
    .poll(() => linesOf(gateway))
    .toEqual([
      expect.objectContaining({
        message: "request failed",
        code: "internal_error",
        cause: expect.stringContaining("the disk is gone"),
      }),
    ]);
});

test.each([{}, { stream: true }])("a failed run is logged once: %j", async (more) => {
  const model = createScriptedModel([fails("upstream_auth", "The key is wrong.")]);
  const gateway = await startTestGateway({ config: chatConfig, model });
  const response = await postChat(gateway.url, createChatBody("hi", more), {
    headers: { "x-request-id": id },
  });
  expect(response.status).toBe(502);
  expect(linesOf(gateway).filter(({ level }) => level !== "debug")).toEqual([
    expect.objectContaining({ level: "warn", message: "run", outcome: "upstream_auth" }),
  ]);
});

test("a rejected request is one line with its method, path, status, code and the caller's address", async () => {
  const gateway = await startTestGateway({ config: { gateway: { trustedProxies: ["127.0.0.1"] } } });
  const forwarded = { "x-forwarded-for": "192.0.2.7", "x-request-id": id };
  const get = (path: string, headers: Record<string, string>): Promise<Response> =>
    fetch(`${gateway.url}${path}`, { headers: { ...forwarded, ...headers } });
  expect((await get("/sessions/abc/history", {})).status).toBe(401);
  expect((await get("/nowhere", {})).status).toBe(404);
  expect((await get("/v1/responses", {})).status).toBe(404);
  const request = { level: "info", message: "request rejected", method: "GET", peer: "192.0.2.7" };
  expect(linesOf(gateway)).toEqual([
    expect.objectContaining({
      ...request,
      path: "/sessions/{key}/history",
      status: 401,
      code: "invalid_api_key",
    }),
    expect.objectContaining({ ...request, status: 404, code: "not_found" }),
    expect.objectContaining({ ...request, path: "/v1/responses", code: "endpoint_disabled" }),
  ]);
});

test("failed credentials of HTTP and sockets are one warning of their address, with count and lockout", async () => {
  const gateway = await startTestGateway({
    config: { gateway: { auth: { rateLimit: { maxAttempts: 3 } } } },
  });
  const authorization = "Bearer wrong";
  for (let round = 0; round < 4; round += 1) {
    await fetch(`${gateway.url}/sessions`, { headers: { authorization } });
  }
  const socket = await openTestSocket(gateway.url);
  await socket.call("connect", createConnectParams({ auth: { token: "wrong" } }));
  const warnings = (): readonly unknown[] =>
    gateway.log
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ message }) => message === "credentials rejected");
  await expect.poll(warnings).toEqual([
    expect.objectContaining({
      level: "warn",
      address: "127.0.0.1",
      count: 5,
      route: "connect",
      lockedOut: true,
    }),
  ]);
  expect(gateway.log.join("")).not.toContain("Bearer");
});
