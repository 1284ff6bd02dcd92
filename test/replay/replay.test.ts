/** Replays every example of every contract through a listening gateway: JSON deep-equal, streams byte for byte. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { describeReply, isOpen, type AnyExample, type Endpoint } from "../../contracts/endpoint.ts";
import { describeErrorBody } from "../../contracts/describe/failures.ts";
import { isRetryDecided, listStandardHeaders } from "../../contracts/error-responses.ts";
import { errorTable } from "../../contracts/errors.ts";
import { exampleSets } from "../../contracts/examples/index.ts";
import { browserHeaders, streamHeaders } from "../../contracts/response-headers.ts";
import { getAuthorization, sendRequest, startReplayGateway } from "../support/gateway/replay.ts";
import { encodeExample } from "../support/gateway/example-frames.ts";

/** The request of an example. */
interface SentRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Headers of HTTP, which no contract declares. */
const transportHeaders = new Set([
  "connection",
  "content-length",
  "content-type",
  "date",
  "keep-alive",
  "transfer-encoding",
]);

for (const { endpoint, examples, replyHeaders } of exampleSets) {
  describe(`${endpoint.method.toUpperCase()} ${endpoint.path}`, () => {
    for (const example of examples) {
      const declared = example.replyHeaders ?? ("error" in example ? undefined : replyHeaders);
      test(example.title, () => replay(endpoint, example, declared as Record<string, string> | undefined));
    }
  });
}

async function replay(
  endpoint: Endpoint,
  example: AnyExample,
  replyHeaders: Readonly<Record<string, string>> = {},
): Promise<void> {
  const gateway = await startReplayGateway(example);
  const response = await sendExample(gateway.url, endpoint, example);
  const body = await response.text();

  const headers = Object.fromEntries(
    [...response.headers].filter(([name]) => !transportHeaders.has(name) && !(name in browserHeaders)),
  );
  const requestId = expect.stringMatching(/^req_\d+$/) as string;
  const errorShape = endpoint.errorShape === "negotiated" ? "plain" : endpoint.errorShape;
  const standardHeaders = Object.fromEntries(
    listStandardHeaders(errorShape).map((name) => [name, requestId]),
  );
  const expected = { ...standardHeaders, ...replyHeaders };
  const { type = "application/json" } = describeReply(endpoint.responses[response.status] ?? z.never());
  const isText = type !== "application/json";
  if ("reply" in example) {
    if (example.reply === undefined) expect(body).toBe("");
    else expect(isText ? body : JSON.parse(body)).toEqual(example.reply);
    expect(response.status).toBe(example.status ?? 200);
    expect(headers).toEqual(expected);
  } else if ("events" in example) {
    expect(body).toBe(encodeExample(endpoint, example));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(headers).toEqual({ ...expected, ...streamHeaders });
  } else {
    const { status, retry } = errorTable[example.error.code];
    const errorBody = describeErrorBody(example.error, errorShape);
    expect(JSON.parse(body)).toEqual(
      "request_id" in errorBody ? { ...errorBody, request_id: requestId } : errorBody,
    );
    expect(response.status).toBe(status);
    expect(headers).toEqual({
      ...expected,
      ...(status === 401 && { "www-authenticate": "Bearer" }),
      ...(isRetryDecided(status, errorShape) && { "x-should-retry": String(retry) }),
    });
  }
}

function sendExample(url: string, endpoint: Endpoint, example: AnyExample): Promise<Response> {
  const { headers = {}, body, params = {}, query = {} } = example.request as SentRequest;
  const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ""),
  );
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const credential = isOpen(endpoint) ? {} : { authorization: getAuthorization(endpoint) };
  const request = endpoint.body === undefined ? undefined : body;
  return sendRequest(
    `${url}${path}?${search.toString()}`,
    endpoint.method,
    { ...credential, ...headers },
    request,
    endpoint.bodyType,
  );
}
