/** Replays every example of every contract through a listening gateway: JSON deep-equal, streams byte for byte. */
import { describe, expect, test } from "vitest";
import type { AnyExample, Endpoint } from "../../contracts/endpoint.ts";
import { errorTable } from "../../contracts/errors.ts";
import { exampleSets } from "../../contracts/examples/index.ts";
import { authorization, sendRequest, startReplayGateway } from "../support/gateway/replay.ts";
import { createErrorBody, encodeExample } from "../support/gateway/example-frames.ts";

/** The request of an example. */
interface SentRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

for (const { endpoint, examples } of exampleSets) {
  describe(`${endpoint.method.toUpperCase()} ${endpoint.path}`, () => {
    for (const example of examples) test(example.title, () => replay(endpoint, example));
  });
}

async function replay(endpoint: Endpoint, example: AnyExample): Promise<void> {
  const gateway = await startReplayGateway(example);
  const response = await sendExample(gateway.url, endpoint, example);
  const body = await response.text();

  if ("reply" in example) {
    expect(JSON.parse(body)).toEqual(example.reply);
    expect(response.status).toBe(200);
  } else if ("events" in example) {
    expect(body).toBe(encodeExample(endpoint, example));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  } else {
    const isToolResult = endpoint.errorShape === "ok" ? { ok: false } : {};
    expect(JSON.parse(body)).toEqual({ ...isToolResult, error: createErrorBody(example.error) });
    expect(response.status).toBe(errorTable[example.error.code].status);
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
  const credential = endpoint.auth === "public" ? {} : { authorization };
  const request = endpoint.body === undefined ? undefined : body;
  return sendRequest(
    `${url}${path}?${search.toString()}`,
    endpoint.method,
    { ...credential, ...headers },
    request,
  );
}
