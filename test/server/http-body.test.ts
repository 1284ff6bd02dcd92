import { Agent, fetch as undiciFetch } from "undici";
import { expect, onTestFinished, test, vi } from "vitest";
import { ErrorBody } from "../../contracts/error-body.ts";
import { createChatBody, chatConfig, postChat, startTestGateway, token } from "../support/gateway/gateway.ts";
import { openRawConnection, formatRequest } from "../support/sockets/raw-http.ts";
import { openResponsesWebSocket } from "../support/sockets/responses-websocket.ts";
import { connectTestSocket } from "../support/sockets/socket.ts";

const head = ["POST /v1/chat/completions HTTP/1.1", "Host: 127.0.0.1", `Authorization: Bearer ${token}`];
const json = "Content-Type: application/json";

async function readRejection(
  response: Response,
): Promise<{ status: number; code: string | null; message: string }> {
  const { error } = ErrorBody.parse(await response.json());
  return { status: response.status, code: error.code, message: error.message };
}

const send = (
  url: string,
  body: NonNullable<RequestInit["body"]>,
  type = "application/json",
): Promise<Response> => postChat(url, undefined, { body, headers: { "content-type": type } });

test.each([
  "text/plain",
  "application/jsonp",
  "multipart/form-data; boundary=x",
  "application/x-www-form-urlencoded",
])("a body declared as %s is 415", async (type) => {
  const { url } = await startTestGateway();
  expect(await readRejection(await send(url, JSON.stringify(createChatBody("hello")), type))).toMatchObject({
    status: 415,
    code: "unsupported_media_type",
    message: expect.stringContaining("application/json"),
  });
});

test.each([
  "application/json",
  "APPLICATION/JSON",
  "application/json; charset=utf-8",
  "application/json;charset=UTF-8",
])("a body declared as %s is taken", async (type) => {
  const { url } = await startTestGateway();
  expect((await send(url, JSON.stringify(createChatBody("hello")), type)).status).toBe(200);
});

test("a body without a type is 415", async () => {
  const { url } = await startTestGateway();
  const connection = await openRawConnection(url);
  connection.send(formatRequest([...head, "Content-Length: 2"], "{}"));
  expect((await connection.readResponse()).status).toBe(415);
});

test.each(["utf-16", '"UTF-16LE"', "iso-8859-1"])("a body in charset=%s is 415", async (charset) => {
  const { url } = await startTestGateway();
  const type = `application/json; charset=${charset}`;
  expect(await readRejection(await send(url, JSON.stringify(createChatBody("hello")), type))).toMatchObject({
    status: 415,
    message: expect.stringContaining("must be UTF-8"),
  });
});

test("a body with a transfer coding besides chunked is 415", async () => {
  const { url } = await startTestGateway();
  const connection = await openRawConnection(url);
  const lines = [...head, "Content-Type: application/json", "Transfer-Encoding: gzip, chunked"];
  connection.send(formatRequest(lines, "2\r\n{}\r\n0\r\n\r\n"));
  expect(await connection.readResponse()).toMatchObject({
    status: 415,
    text: expect.stringContaining("gzip, chunked"),
  });
});

test("a compressed body is 415", async () => {
  const { url } = await startTestGateway();
  const response = await postChat(url, createChatBody("hello"), { headers: { "content-encoding": "gzip" } });
  expect(await readRejection(response)).toMatchObject({
    status: 415,
    message: expect.stringContaining("Content-Encoding"),
  });
});

const small = {
  gateway: { http: { endpoints: { chatCompletions: { enabled: true, maxBodyBytes: 1_000 } } } },
};

test("a body over the limit is 413 by its declared length, before it is sent", async () => {
  const { url } = await startTestGateway({ config: small });
  const connection = await openRawConnection(url);
  connection.send(formatRequest([...head, json, "Content-Length: 1001"]));
  const response = await connection.readResponse();
  expect(response.status).toBe(413);
  expect(response.text).toContain("1000 bytes");
});

test("a chunked body over the limit is 413 as soon as it is over", async () => {
  const { url } = await startTestGateway({ config: small });
  const connection = await openRawConnection(url);
  connection.send(formatRequest([...head, json, "Transfer-Encoding: chunked"]));
  connection.send(`200\r\n${" ".repeat(0x200)}\r\n`);
  connection.send(`200\r\n${" ".repeat(0x200)}\r\n`);
  expect((await connection.readResponse()).status).toBe(413);
});

test("a body of exactly the limit is taken", async () => {
  const { url } = await startTestGateway({ config: small });
  expect((await send(url, JSON.stringify(createChatBody("hello")).padEnd(1_000))).status).toBe(200);
  expect((await send(url, JSON.stringify(createChatBody("hello")).padEnd(1_001))).status).toBe(413);
});

const hasty = {
  gateway: {
    ...chatConfig.gateway,
    limits: { headerTimeoutMs: 1_000, bodyTimeoutMs: 1_000, slowClientCheckMs: 50 },
  },
};

test.each([
  ["headers", "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"],
  ["a body", formatRequest([...head, json, "Content-Length: 100"], "{")],
  [
    "a body without a credential",
    formatRequest([...head.slice(0, 2), json, "Transfer-Encoding: chunked"], "1\r\n"),
  ],
])("%s that do not arrive are answered and the connection is closed", async (what, bytes) => {
  const { url } = await startTestGateway({ config: hasty });
  const connection = await openRawConnection(url);
  connection.send(bytes);
  const response = await connection.readResponse();
  expect(response.status).toBe(what.includes("credential") ? 401 : 408);
  ErrorBody.parse(JSON.parse(response.text));
  await connection.closed;
});

test("slow headers on a connection that has served before are 408 too", async () => {
  const { url } = await startTestGateway({ config: hasty });
  const connection = await openRawConnection(url);
  connection.send(formatRequest(["GET /healthz HTTP/1.1", "Host: 127.0.0.1"]));
  expect((await connection.readResponse()).status).toBe(200);
  connection.send("GET /healthz HTTP/1.1\r\n");
  const response = await connection.readResponse();
  expect(response.status).toBe(408);
  expect(JSON.parse(response.text)).toMatchObject({ error: { code: "request_timeout" } });
});

test.each([
  ['{"model": openclaw}', 'Unexpected token \'o\', "{"model": openclaw}"'],
  ['{"model": "openclaw",\n "messages": [}', '..."ssages": [}"'],
  ['{"model": "openclaw"', "after property value at position 20 (line 1 column 21)"],
])("invalid JSON is 400 with the position: %s", async (body, where) => {
  const { url } = await startTestGateway();
  const rejection = await readRejection(await send(url, body));
  expect(rejection).toMatchObject({
    status: 400,
    code: "invalid_json",
    message: expect.stringContaining(where),
  });
});

test("an empty body is 400", async () => {
  const { url } = await startTestGateway();
  for (const body of ["", "  \n"]) {
    expect(await readRejection(await send(url, body))).toMatchObject({
      status: 400,
      message: expect.stringContaining("empty"),
    });
  }
});

test("invalid UTF-8 is 400", async () => {
  const { url } = await startTestGateway();
  const body = Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
  expect(await readRejection(await send(url, body))).toMatchObject({
    status: 400,
    code: "invalid_json",
    message: expect.stringContaining("UTF-8"),
  });
});

test.each(["null", "1", '"text"', "[]", "true"])("a body that is not an object is 400: %s", async (body) => {
  const { url } = await startTestGateway();
  expect(await readRejection(await send(url, body))).toMatchObject({ status: 400, code: "invalid_type" });
});

/** Returns a request whose body has this depth. */
const nested = (depth: number): string =>
  `{"model":"openclaw","messages":[{"role":"user","content":"hi"}],"extra":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;

test("JSON of depth 64 is taken, of depth 65 it is 400", async () => {
  const { url } = await startTestGateway();
  expect((await send(url, nested(64))).status).toBe(200);
  expect(await readRejection(await send(url, nested(65)))).toMatchObject({
    status: 400,
    code: "json_too_complex",
    message: expect.stringContaining("64"),
  });
});

test("5 MB of nested JSON are 400, and the gateway continues", async () => {
  const { url } = await startTestGateway();
  expect(await readRejection(await send(url, nested(2_500_000)))).toMatchObject({
    status: 400,
    code: "json_too_complex",
  });
  expect((await send(url, nested(2))).status).toBe(200);
});

test("a body with far too many values is 400 before it is parsed, and so is a frame", async () => {
  const gateway = await startTestGateway({
    config: {
      gateway: {
        http: { endpoints: { ...chatConfig.gateway?.http?.endpoints, responses: { enabled: true } } },
      },
    },
  });
  const socket = await connectTestSocket(gateway);
  const responses = await openResponsesWebSocket(gateway.url);
  const parse = vi.spyOn(JSON, "parse");
  onTestFinished(() => parse.mockRestore());
  const inputs = [
    "[],".repeat(60_000),
    "{},".repeat(60_000),
    "1,".repeat(60_000),
    '"\\\\","\\"[",'.repeat(30_000),
  ];
  for (const values of inputs) {
    const list = `[${values}1]`;
    const body = `{"model":"openclaw","input":"hi","extra":${list}}`;
    expect(await readRejection(await send(gateway.url, body))).toMatchObject({ code: "json_too_complex" });
    socket.send(`{"type":"req","id":"1","method":"health","params":${list}}`);
    responses.ws.send(`{"type":"response.create","stream_id":"a","input":"hi","extra":${list}}`);
  }
  await expect.poll(() => socket.frames.filter(({ type }) => type === "res").length).toBe(1 + inputs.length);
  await expect
    .poll(() => responses.events.map(({ error }) => error?.code))
    .toEqual(inputs.map(() => "json_too_complex"));
  const lengths = parse.mock.calls.map(([text]) => text.length);
  expect(Math.max(...lengths)).toBeLessThan(10_000);
});

test("60 000 values are 400, whether in an array or in an object", async () => {
  const { url } = await startTestGateway();
  const many = Array.from({ length: 60_000 }, (_, index) => index);
  for (const extra of [many, Object.fromEntries(many.map((index) => [`k${index}`, index]))]) {
    const response = await send(url, JSON.stringify(createChatBody("hello", { extra })));
    expect(await readRejection(response)).toMatchObject({
      status: 400,
      code: "json_too_complex",
      message: expect.stringContaining("50000"),
    });
  }
});

test("keys such as __proto__ have no effect", async () => {
  const { url } = await startTestGateway();
  const body = `{"model":"openclaw","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},
    "messages":[{"role":"user","content":"hi","__proto__":{"polluted":1}}],
    "metadata":{"__proto__":"x"},"tools":[{"type":"function","function":{"name":"f","parameters":{"__proto__":{"polluted":1}}}}]}`;
  expect((await send(url, body)).status).toBe(200);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test("a body that is sent after its rejection does not break the connection or the gateway", async () => {
  const { url } = await startTestGateway({ config: small });
  const dispatcher = new Agent({ connections: 1 });
  const post = async (body: string, authorization: string): Promise<number> => {
    const init = {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body,
      dispatcher,
    };
    const response = await undiciFetch(`${url}/v1/chat/completions`, init);
    await response.text();
    return response.status;
  };
  expect(await post(" ".repeat(3_000_000), `Bearer ${token}`)).toBe(413);
  expect(await post(" ".repeat(3_000_000), "Bearer wrong")).toBe(401);
  expect(await post(JSON.stringify(createChatBody("hello")), `Bearer ${token}`)).toBe(200);
  await dispatcher.close();
});
