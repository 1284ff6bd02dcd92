import { expect, test } from "vitest";
import { ErrorBody } from "../../contracts/error-body.ts";
import { createChatBody, chatConfig, postChat, startTestGateway, token } from "../support/gateway/gateway.ts";
import {
  openRawConnection,
  formatRequest,
  sendRawRequest,
  type RawResponse,
} from "../support/sockets/raw-http.ts";

const bearer = `Authorization: Bearer ${token}`;
const host = "Host: 127.0.0.1";
const json = "Content-Type: application/json";
const body = JSON.stringify(createChatBody("hello"));
const length = `Content-Length: ${body.length}`;

function parseError({ text }: RawResponse): { code: string | null; message: string; param: string | null } {
  return ErrorBody.parse(JSON.parse(text)).error;
}

/** A request that several checks would reject, and the error of the first. */
interface RejectedRequest {
  readonly title: string;
  readonly head: readonly string[];
  readonly status: number;
  readonly code: string;
}

const chat = "POST /v1/chat/completions HTTP/1.1";
const rejectedRequests: readonly RejectedRequest[] = [
  {
    title: "an unknown path comes before everything else",
    head: ["PUT /v1/nothing HTTP/1.1", "Host: evil.example", "Authorization: Bearer wrong"],
    status: 404,
    code: "not_found",
  },
  {
    title: "a method that is not served comes before the host",
    head: ["PUT /v1/models HTTP/1.1", "Host: evil.example"],
    status: 405,
    code: "method_not_allowed",
  },
  {
    title: "a header sent twice comes before the credential",
    head: ["GET /v1/models HTTP/1.1", host, "Authorization: Bearer wrong", "Authorization: Bearer worse"],
    status: 400,
    code: "invalid_request",
  },
  {
    title: "a foreign host comes before a foreign origin",
    head: [chat, "Host: evil.example", "Origin: https://evil.test", "Content-Length: 0"],
    status: 421,
    code: "host_not_allowed",
  },
  {
    title: "a foreign origin comes before the credential",
    head: [chat, host, "Origin: https://evil.test", "Content-Length: 0"],
    status: 403,
    code: "origin_not_allowed",
  },
  {
    title: "the credential comes before the content type",
    head: [chat, host, "Content-Type: text/plain", "Content-Length: 5"],
    status: 401,
    code: "invalid_api_key",
  },
  {
    title: "the credential comes before the size of the body",
    head: [chat, host, json, "Content-Length: 30000000"],
    status: 401,
    code: "invalid_api_key",
  },
  {
    title: "the content type comes before the size of the body",
    head: [chat, host, bearer, "Content-Type: text/plain", "Content-Length: 30000000"],
    status: 415,
    code: "unsupported_media_type",
  },
  {
    title: "the size of the body comes before what is in it",
    head: [chat, host, bearer, json, "Content-Length: 30000000"],
    status: 413,
    code: "request_too_large",
  },
];

test.each(rejectedRequests)("$title: $status $code", async ({ head, status, code }) => {
  const { url } = await startTestGateway();
  const response = await sendRawRequest(url, head);
  expect(response.status).toBe(status);
  expect(parseError(response).code).toBe(code);
});

test("a disabled endpoint is 404 before its method is checked, and the message names the setting", async () => {
  const { url } = await startTestGateway({ config: {} });
  for (const method of ["GET", "POST", "PUT"]) {
    const response = await sendRawRequest(url, [
      `${method} /v1/chat/completions HTTP/1.1`,
      host,
      "Content-Length: 0",
    ]);
    expect(response.status).toBe(404);
    expect(parseError(response)).toMatchObject({
      code: "endpoint_disabled",
      message: expect.stringContaining("gateway.http.endpoints.chatCompletions.enabled"),
    });
  }
});

test("the documentation can be disabled", async () => {
  const { url } = await startTestGateway({ config: { gateway: { http: { docs: { enabled: false } } } } });
  for (const path of ["/docs", "/openapi.yaml", "/openapi.json"]) {
    const response = await fetch(url + path);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("gateway.http.docs.enabled");
  }
});

test.each([
  ["/v1/model", "/v1/models"],
  ["/v1/chat/completion", "/v1/chat/completions"],
  ["/chat/completions", "/v1/chat/completions"],
  ["/models", "/v1/models"],
])("an unknown path gets a suggestion: %s", async (path, meant) => {
  const { url } = await startTestGateway();
  const response = await sendRawRequest(url, [`GET ${path} HTTP/1.1`, host]);
  expect(response.status).toBe(404);
  expect(parseError(response).message).toContain(`Did you mean ${meant}?`);
});

test("an unknown path without a suggestion names the list of paths", async () => {
  const { url } = await startTestGateway();
  for (const path of ["/", "/favicon.ico", "/v1/audio/transcriptions?token=x"]) {
    const response = await sendRawRequest(url, [`GET ${path} HTTP/1.1`, host]);
    expect(response.status).toBe(404);
    expect(parseError(response).message).toContain("/openapi.yaml");
    expect(response.text).not.toContain("token=x");
  }
});

test("a wrong method gets the allowed methods, without a credential", async () => {
  const { url } = await startTestGateway();
  const cases = [
    ["PUT", "/v1/models", "GET, HEAD"],
    ["OPTIONS", "/v1/chat/completions", "POST"],
    ["HEAD", "/v1/chat/completions", "POST"],
    ["DELETE", "/healthz", "GET, HEAD"],
  ] as const;
  for (const [method, path, allow] of cases) {
    const response = await fetch(url + path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe(allow);
  }
});

test("a path that is written like a template has its parameters", async () => {
  const { url } = await startTestGateway();
  const response = await sendRawRequest(url, ["GET /v1/models/{model} HTTP/1.1", host, bearer]);
  expect(response.status).toBe(404);
  expect(parseError(response)).toMatchObject({ code: "model_not_found" });
});

test("HEAD responds as GET does, without the body", async () => {
  const { url } = await startTestGateway();
  const paths = [
    "/healthz",
    "/health",
    "/readyz",
    "/ready",
    "/v1/models",
    "/v1/models/openclaw",
    "/openapi.yaml",
  ];
  for (const path of paths) {
    // To the operator the readiness has figures of the moment.
    const authorization = path.includes("ready") ? {} : { authorization: `Bearer ${token}` };
    const headers = { ...authorization, "accept-encoding": "identity" };
    const got = await fetch(url + path, { headers });
    const head = await fetch(url + path, { method: "HEAD", headers });
    expect(got.status).toBe(200);
    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
    for (const name of ["content-type", "content-length"])
      expect(head.headers.get(name)).toBe(got.headers.get(name));
    expect(head.headers.get("content-length")).toBe(String((await got.arrayBuffer()).byteLength));
  }
});

test("an error to a HEAD has no body, and the next response on the connection is in step", async () => {
  const { url } = await startTestGateway();
  const connection = await openRawConnection(url);
  connection.send(
    formatRequest(["HEAD /v1/models HTTP/1.1", host]) + formatRequest(["GET /healthz HTTP/1.1", host]),
  );
  expect((await connection.readResponse("HEAD")).status).toBe(401);
  expect(JSON.parse((await connection.readResponse()).text)).toEqual({ ok: true, status: "live" });
});

test("the aliases of the health paths answer the same", async () => {
  const { url } = await startTestGateway();
  for (const [path, alias] of [
    ["/healthz", "/health"],
    ["/readyz", "/ready"],
  ] as const) {
    expect(await (await fetch(url + alias)).json()).toEqual(await (await fetch(url + path)).json());
  }
});

test("readiness is 503 and runs are rejected once the gateway stops, while a run continues", async () => {
  const { url, stop } = await startTestGateway();
  const running = postChat(url, createChatBody("/slow 400ms one two three", { stream: true }));
  const reader = (await running).body?.getReader();
  await reader?.read();
  const stopping = stop();
  const ready = await fetch(`${url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toEqual({ ready: false });
  const rejected = await postChat(url, createChatBody("hello"));
  expect(rejected.status).toBe(503);
  expect(rejected.headers.get("retry-after")).toBe("5");
  expect(rejected.headers.get("x-should-retry")).toBe("true");
  let text = "";
  for (let part = await reader?.read(); part?.value; part = await reader?.read())
    text += Buffer.from(part.value).toString();
  expect(text).toContain("data: [DONE]");
  await stopping;
});

test.each([
  "evil.example",
  "evil.example:18789",
  "192.168.0.10",
  "localhost.evil.example",
  "127.0.0.1.nip.io",
  "[fe80::1]",
])("on loopback the host name %s is rejected", async (name) => {
  const { url } = await startTestGateway();
  const response = await sendRawRequest(url, ["GET /healthz HTTP/1.1", `Host: ${name}`]);
  expect(response.status).toBe(421);
  expect(parseError(response).message).toContain("gateway.http.allowedHosts");
});

test.each(["localhost", "LOCALHOST:1", "app.localhost:18789", "127.0.0.1", "127.8.9.1:80", "[::1]:18789"])(
  "on loopback the name %s is answered to",
  async (name) => {
    const { url } = await startTestGateway();
    expect((await sendRawRequest(url, ["GET /healthz HTTP/1.1", `Host: ${name}`])).status).toBe(200);
  },
);

test("a name in allowedHosts is accepted, with its port or any port", async () => {
  const { url } = await startTestGateway({
    config: { gateway: { http: { allowedHosts: ["Box.lan", "other.lan:8080"] } } },
  });
  const status = async (name: string): Promise<number> =>
    (await sendRawRequest(url, ["GET /healthz HTTP/1.1", `Host: ${name}`])).status;
  expect(await status("box.lan")).toBe(200);
  expect(await status("BOX.LAN:443")).toBe(200);
  expect(await status("other.lan:8080")).toBe(200);
  expect(await status("other.lan:8081")).toBe(421);
  expect(await status("notbox.lan")).toBe(421);
});

test.each([[[]], [["Host:"]], [["Host: 127.0.0.1/v1/models"]], [["Host: user@127.0.0.1"]], [["Host: a b"]]])(
  "a host that is none is 400: %j",
  async (hosts) => {
    const { url } = await startTestGateway();
    const response = await sendRawRequest(url, ["GET /healthz HTTP/1.1", ...hosts]);
    expect(response.status).toBe(400);
    expect(parseError(response).code).toBe("invalid_request");
  },
);

test.each([
  ["host", ["Host: 127.0.0.1", "Host: 127.0.0.1"]],
  ["authorization", [host, bearer, "AUTHORIZATION: Bearer other"]],
  ["x-openclaw-session-key", [host, bearer, "x-openclaw-session-key: a", "X-OpenClaw-Session-Key: b"]],
  ["x-openclaw-agent-id", [host, bearer, "x-openclaw-agent-id: main", "x-openclaw-agent-id: main"]],
])("the header %s sent twice is 400 and names it", async (name, headers) => {
  const { url } = await startTestGateway();
  const response = await sendRawRequest(url, ["GET /v1/models HTTP/1.1", ...headers]);
  expect(response.status).toBe(400);
  expect(parseError(response)).toMatchObject({ code: "invalid_request", param: name });
});

test("the body of a caller without a credential is not read: the error is sent first", async () => {
  const { url, log } = await startTestGateway();
  const connection = await openRawConnection(url);
  connection.send(formatRequest([chat, host, json, "Content-Length: 30000000"]));
  const response = await connection.readResponse();
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toBe("Bearer");
  expect(connection.socket.bytesWritten).toBeLessThan(200);
  expect(log.join("")).not.toContain('"message":"run"');
});

test("a valid request passes all checks", async () => {
  const { url } = await startTestGateway({ config: chatConfig });
  const response = await sendRawRequest(url, [chat, host, bearer, json, length], body);
  expect(response.status).toBe(200);
  expect(response.headers.get("x-openclaw-agent-id")).toBe("main");
});
