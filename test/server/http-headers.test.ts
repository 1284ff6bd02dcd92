import type { Endpoint } from "../../contracts/endpoint.ts";
import { endpoints } from "../../contracts/index.ts";
import { expect, test } from "vitest";
import { ErrorBody } from "../../contracts/error-body.ts";
import {
  createChatBody,
  chatConfig,
  postChat,
  startTestGateway,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import { openRawConnection, formatRequest, sendRawRequest } from "../support/sockets/raw-http.ts";

const host = "Host: 127.0.0.1";
const page = "https://app.example.com";
const corsOn = { gateway: { http: { ...chatConfig.gateway?.http, cors: { allowedOrigins: [page] } } } };
const json = { "content-type": "application/json" };
const bearer = { authorization: `Bearer ${token}` };

test.each(["req-1", "a", "trace.id:1_2-3", "x".repeat(128)])("the request id %s is sent back", async (id) => {
  const { url } = await startTestGateway();
  const response = await fetch(`${url}/healthz`, { headers: { "x-request-id": id } });
  expect(response.headers.get("x-request-id")).toBe(id);
});

test.each(["", "a b", "a,b", '"quoted"', "<script>", "é", "x".repeat(129)])(
  "the request id %j is replaced",
  async (id) => {
    const { url } = await startTestGateway();
    const response = await fetch(`${url}/healthz`, { headers: { "x-request-id": id } });
    expect(response.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
  },
);

test("two request ids are both ignored", async () => {
  const { url } = await startTestGateway();
  const response = await sendRawRequest(url, [
    "GET /healthz HTTP/1.1",
    host,
    "x-request-id: a",
    "x-request-id: b",
  ]);
  expect(response.headers.get("x-request-id")).toMatch(/^req_/);
});

test("every response has the standard headers: replies, errors, streams, preflights", async () => {
  const { url } = await startTestGateway({ config: corsOn });
  const id = { "x-request-id": "mine" };
  const preflight = { origin: page, "access-control-request-method": "POST" };
  const responses = await Promise.all([
    fetch(`${url}/healthz`, { headers: id }),
    fetch(`${url}/openapi.yaml`, { headers: id }),
    fetch(`${url}/nothing`, { headers: id }),
    fetch(`${url}/v1/models/%zz`, { headers: id }),
    fetch(`${url}/v1/models`, { headers: id }),
    fetch(`${url}/v1/models`, { method: "PUT", headers: id }),
    fetch(`${url}/v1/chat/completions`, { method: "OPTIONS", headers: { ...id, ...preflight } }),
    postChat(url, createChatBody("hello"), { headers: id }),
    postChat(url, createChatBody("hello", { stream: true }), { headers: id }),
    postChat(url, createChatBody("/error 500"), { headers: id }),
    postChat(url, {}, { headers: id }),
  ]);
  expect(responses.map(({ status }) => status)).toEqual([
    200, 200, 404, 404, 401, 405, 204, 200, 200, 502, 400,
  ]);
  for (const { headers } of responses) {
    expect(headers.get("x-request-id")).toBe("mine");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("x-powered-by")).toBeNull();
    expect(headers.get("server")).toBeNull();
  }
});

test.each([
  ["what is no HTTP", "\u0016\u0003\u0001 this is no request\r\n\r\n", 400],
  [
    "headers that are too large",
    formatRequest(["GET / HTTP/1.1", host, `x-long: ${"x".repeat(20_000)}`]),
    431,
  ],
  ["a path that is too long", formatRequest([`GET /${"x".repeat(20_000)} HTTP/1.1`, host]), 431],
  ["NUL in the path", formatRequest(["GET /v1/models\0 HTTP/1.1", host]), 400],
  ["a line break in a header", formatRequest(["GET / HTTP/1.1", host, "x-a: b\rc: d"]), 400],
  [
    "two ways of telling the length",
    formatRequest(["POST / HTTP/1.1", host, "Content-Length: 3", "Transfer-Encoding: chunked"], "0\r\n\r\n"),
    400,
  ],
])("%s gets an ordinary error response, and the connection is closed", async (_, bytes, status) => {
  const { url } = await startTestGateway();
  const connection = await openRawConnection(url);
  connection.send(bytes);
  const response = await connection.readResponse();
  expect(response.status).toBe(status);
  expect(Object.keys(ErrorBody.parse(JSON.parse(response.text)).error).sort()).toEqual([
    "code",
    "message",
    "param",
    "type",
  ]);
  expect(response.headers.get("x-request-id")).toMatch(/^req_/);
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  await connection.closed;
});

test("invalid HTTP after a valid request does not interrupt its response", async () => {
  const { url } = await startTestGateway();
  const connection = await openRawConnection(url);
  const body = JSON.stringify(createChatBody("/slow 20ms one two three", { stream: true }));
  const head = [
    "POST /v1/chat/completions HTTP/1.1",
    host,
    `Authorization: Bearer ${token}`,
    "Content-Type: application/json",
  ];
  connection.send(formatRequest([...head, `Content-Length: ${body.length}`], body));
  await connection.waitForText("one");
  connection.send("nonsense\r\n\r\n");
  await connection.closed;
  expect(connection.received()).not.toContain("invalid_request");
});

test("every kind of error has all four keys, and its code is in the table", async () => {
  const { url } = await startTestGateway();
  const responses = await Promise.all([
    fetch(`${url}/nothing`),
    fetch(`${url}/v1/models`),
    fetch(`${url}/v1/models`, { method: "DELETE" }),
    fetch(`${url}/v1/models/openclaw:nobody`, { headers: bearer }),
    postChat(url, {}),
    postChat(url, createChatBody("hello", { n: 2 })),
    postChat(url, createChatBody("/error 429 7")),
  ]);
  for (const response of responses) {
    const body = (await response.json()) as { error: object };
    expect(Object.keys(body)).toEqual(["error"]);
    expect(Object.keys(body.error).sort()).toEqual(["code", "message", "param", "type"]);
    ErrorBody.parse(body);
  }
});

test("CORS is off unless origins are listed", async () => {
  const { url } = await startTestGateway();
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "OPTIONS",
    headers: { origin: page, "access-control-request-method": "POST" },
  });
  expect(response.status).toBe(405);
  expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
});

test("a preflight of a listed origin is allowed what the OpenAI SDK sends", async () => {
  const { url } = await startTestGateway({ config: corsOn });
  const requestedHeaders =
    "authorization,content-type,x-stainless-lang,x-stainless-retry-count,x-openclaw-session-key";
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "OPTIONS",
    headers: {
      origin: page,
      "access-control-request-method": "POST",
      "access-control-request-headers": requestedHeaders,
    },
  });
  expect(response.status).toBe(204);
  expect(response.headers.get("access-control-allow-origin")).toBe(page);
  expect(response.headers.get("access-control-allow-methods")).toContain("POST");
  expect(response.headers.get("access-control-allow-headers")?.split(/, */)).toEqual(
    expect.arrayContaining(requestedHeaders.split(",")),
  );
  expect(response.headers.get("access-control-allow-credentials")).toBeNull();
  expect(response.headers.get("vary")).toContain("Origin");
});

test("a preflight allows every request header that a contract declares, and responses expose theirs", async () => {
  const { url } = await startTestGateway({ config: corsOn });
  const contracts = Object.values<Endpoint>(endpoints);
  const declared = [...new Set(contracts.flatMap(({ headers }) => Object.keys(headers?.shape ?? {})))];
  const response = await fetch(`${url}/sessions/trip/history`, {
    method: "OPTIONS",
    headers: {
      origin: page,
      "access-control-request-method": "GET",
      "access-control-request-headers": declared.join(","),
    },
  });
  expect(declared).toContain("last-event-id");
  expect(response.headers.get("access-control-allow-headers")?.split(", ")).toEqual(declared);
  const exposed = response.headers.get("access-control-expose-headers")?.split(", ");
  expect(exposed).toEqual(
    expect.arrayContaining([
      ...contracts.flatMap(({ replyHeaders }) => Object.keys(replyHeaders?.shape ?? {})),
      "x-request-id",
      "retry-after",
      "x-should-retry",
    ]),
  );
});

test.each([
  "https://evil.test",
  "http://app.example.com",
  "https://app.example.com:8443",
  "https://xapp.example.com",
  "null",
])("a preflight of %s is not allowed", async (origin) => {
  const { url } = await startTestGateway({ config: corsOn });
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST" },
  });
  expect(response.status).toBe(405);
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
});

test("a listed page may read replies, streams and errors, with their request ids", async () => {
  const { url } = await startTestGateway({ config: corsOn });
  const headers = { origin: page, "sec-fetch-site": "cross-site" };
  const responses = await Promise.all([
    postChat(url, createChatBody("hello"), { headers }),
    postChat(url, createChatBody("hello", { stream: true }), { headers }),
    postChat(url, createChatBody("hello"), { headers: { ...headers, authorization: "Bearer wrong" } }),
  ]);
  expect(responses.map(({ status }) => status)).toEqual([200, 200, 401]);
  for (const response of responses) {
    expect(response.headers.get("access-control-allow-origin")).toBe(page);
    expect(response.headers.get("access-control-expose-headers")).toContain("x-request-id");
  }
});

const post = ({ url }: TestGateway, headers: Record<string, string>): Promise<Response> =>
  postChat(url, createChatBody("hello"), { headers });

test.each(["https://evil.test", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.test", "file://"])(
  "a page of %s may not post, whatever credential it has",
  async (origin) => {
    const gateway = await startTestGateway({ config: corsOn });
    const response = await post(gateway, { origin });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("gateway.http.cors.allowedOrigins");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  },
);

test("the gateway's own page may post", async () => {
  const gateway = await startTestGateway();
  expect((await post(gateway, { origin: gateway.url, "sec-fetch-site": "same-origin" })).status).toBe(200);
});

test("a browser's cross-site request without an origin is 403", async () => {
  const gateway = await startTestGateway();
  expect((await post(gateway, { "sec-fetch-site": "cross-site" })).status).toBe(403);
});

test("a program that is not a browser needs no origin", async () => {
  const gateway = await startTestGateway();
  expect((await post(gateway, json)).status).toBe(200);
});
