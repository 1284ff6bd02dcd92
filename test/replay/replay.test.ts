/** Every example of every contract, through a listening gateway: JSON deep-equal, streams byte for byte. */
import { describe, expect, test } from "vitest";
import type { AnyExample, Endpoint } from "../../contracts/endpoint.ts";
import { errorTable } from "../../contracts/errors.ts";
import { exampleSets } from "../../contracts/examples/index.ts";
import { frame } from "../../contracts/sse.ts";
import type { NewId } from "../../server/agent/types.ts";
import { startTestGateway, token } from "../support/gateway.ts";
import { scriptedModel } from "../support/scripted-model.ts";
import { exampleError, frameData } from "../support/transcript.ts";

const config = {
  gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
  agents: { list: [{ id: "main" }, { id: "coder" }] },
};

for (const { endpoint, examples } of exampleSets) {
  describe(`${endpoint.method.toUpperCase()} ${endpoint.path}`, () => {
    for (const example of examples) test(example.title, () => replay(endpoint, example));
  });
}

async function replay(endpoint: Endpoint, example: AnyExample): Promise<void> {
  const gateway = await startTestGateway({
    config,
    model: scriptedModel(example.model ?? []),
    clock: () => Date.UTC(2026, 0, 1),
    newId: countedIds(),
  });
  const response = await send(gateway.url, endpoint, example);
  const body = await response.text();

  if ("reply" in example) {
    expect(JSON.parse(body)).toEqual(example.reply);
    expect(response.status).toBe(200);
  } else if ("events" in example) {
    expect(body).toBe(
      frameData(endpoint, example)
        .map((data) => frame(data))
        .join(""),
    );
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  } else {
    expect(JSON.parse(body)).toEqual({ error: exampleError(example.error) });
    expect(response.status).toBe(errorTable[example.error.code].status);
  }
}

function send(url: string, endpoint: Endpoint, { request }: AnyExample): Promise<Response> {
  const params = (request.params ?? {}) as Record<string, string>;
  const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ""),
  );
  const headers = new Headers(request.headers as Record<string, string> | undefined);
  if (endpoint.auth !== "public") headers.set("authorization", `Bearer ${token}`);
  if (endpoint.body === undefined) return fetch(url + path, { headers, method: endpoint.method });
  headers.set("content-type", "application/json");
  return fetch(url + path, { headers, method: endpoint.method, body: JSON.stringify(request.body) });
}

/** `chatcmpl-1`, `chatcmpl-2`, `req_1`: a counter a prefix. */
function countedIds(): NewId {
  const counts = new Map<string, number>();
  return (prefix) => {
    const count = (counts.get(prefix) ?? 0) + 1;
    counts.set(prefix, count);
    return `${prefix}${count}`;
  };
}
