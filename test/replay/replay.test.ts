/** Every example of every contract, through a listening gateway: JSON deep-equal, streams byte for byte. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AnyExample, Endpoint } from "../../contracts/endpoint.ts";
import { errorTable } from "../../contracts/errors.ts";
import { exampleSets } from "../../contracts/examples/index.ts";
import { countedIds } from "../support/counted-ids.ts";
import { startTestGateway, temporaryFolder, token } from "../support/gateway.ts";
import { scriptParts, sequence } from "../support/scripted-model.ts";
import { exampleError, wireText } from "../support/transcript.ts";

const config = {
  gateway: {
    http: {
      endpoints: {
        chatCompletions: { enabled: true },
        responses: { enabled: true },
        embeddings: { enabled: true },
      },
    },
    tools: { allow: ["write"] },
  },
  agents: { list: [{ id: "main" }, { id: "coder" }] },
};

const authorization = `Bearer ${token}`;

/** The parts of a request, as an example has them. */
interface Sent {
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
  const gateway = await startTestGateway({
    config,
    stateDir: folderWithKey(),
    model: sequence(...scriptParts(example.model ?? [])).model,
    clock: () => Date.UTC(2026, 0, 1),
    newId: countedIds(),
  });
  for (const { method, path, headers = {}, body } of example.before ?? []) {
    const earlier = await request(gateway.url + path, method, { authorization, ...headers }, body);
    expect([await earlier.text(), earlier.status]).toEqual([expect.anything(), 200]);
  }
  const response = await send(gateway.url, endpoint, example);
  const body = await response.text();

  if ("reply" in example) {
    expect(JSON.parse(body)).toEqual(example.reply);
    expect(response.status).toBe(200);
  } else if ("events" in example) {
    expect(body).toBe(wireText(endpoint, example));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  } else {
    const wrapping = endpoint.errorShape === "ok" ? { ok: false } : {};
    expect(JSON.parse(body)).toEqual({ ...wrapping, error: exampleError(example.error) });
    expect(response.status).toBe(errorTable[example.error.code].status);
  }
}

/** With a known key, what is sealed is exact too. */
function folderWithKey(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "seal.key"), Buffer.alloc(32, 1));
  return folder;
}

function send(url: string, endpoint: Endpoint, example: AnyExample): Promise<Response> {
  const { headers = {}, body, params = {}, query = {} } = example.request as Sent;
  const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ""),
  );
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const credential = endpoint.auth === "public" ? {} : { authorization };
  const sent = endpoint.body === undefined ? undefined : body;
  return request(`${url}${path}?${search.toString()}`, endpoint.method, { ...credential, ...headers }, sent);
}

function request(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): Promise<Response> {
  if (body === undefined) return fetch(url, { method, headers });
  return fetch(url, {
    method,
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
