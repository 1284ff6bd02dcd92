import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";

interface EmbeddingServer {
  readonly url: string;
  post(body: object, headers?: Record<string, string>): Promise<Response>;
}

async function startEmbeddingServer(config: ConfigInput = {}): Promise<EmbeddingServer> {
  const { url } = await startTestGateway({
    config: {
      ...config,
      agents: { list: [{ id: "main" }, { id: "coder" }], ...config.agents },
      gateway: { http: { endpoints: { embeddings: { enabled: true } } } },
    },
    model: () => expect.fail("no model is asked"),
  });
  const post: EmbeddingServer["post"] = (body, headers) =>
    fetch(`${url}/v1/embeddings`, {
      method: "POST",
      body: JSON.stringify({ model: "openclaw", ...body }),
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    });
  return { url, post };
}

/** Starts a provider with OpenAI's API. Resolves to its configuration and the requests that it received. */
async function provider(answer: (res: ServerResponse, body: { input: string[] }) => void) {
  const requests: { readonly url: string; readonly authorization: string; readonly body: unknown }[] = [];
  const handleRequest = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const text = Buffer.concat((await req.toArray()) as Buffer[]).toString();
    const body = JSON.parse(text) as { input: string[] };
    requests.push({ url: req.url ?? "", authorization: req.headers.authorization ?? "", body });
    answer(res, body);
  };
  const server = createServer((req, res) => void handleRequest(req, res)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const config: ConfigInput = {
    models: { providers: { far: { baseUrl, apiKey: "key-of-the-provider" } } },
    agents: { defaults: { embeddingModel: "far/small" } },
  };
  return { config, asked: requests };
}

const json = (res: ServerResponse, body: unknown, status = 200): void => {
  res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

interface Answer {
  readonly data: readonly { readonly index: number; readonly embedding: readonly number[] }[];
  readonly usage: { readonly prompt_tokens: number };
}

const product = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

test("the built-in model returns the same unit vector for the same text, close to texts that share words", async () => {
  const server = await startEmbeddingServer();
  const input = [
    "The cat sat on the mat.",
    "A cat on a mat.",
    "Interest rates rose.",
    "The cat sat on the mat.",
  ];
  const { data, usage } = (await (await server.post({ input })).json()) as Answer;
  const [cat = [], other = [], money = [], again] = data.map(({ embedding }) => embedding);
  expect(data.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  expect(cat).toHaveLength(256);
  expect(again).toEqual(cat);
  expect(product(cat, cat)).toBeCloseTo(1, 3);
  expect(product(cat, other)).toBeGreaterThan(0.4);
  expect(Math.abs(product(cat, money))).toBeLessThan(0.3);
  expect(usage.prompt_tokens).toBe(20);
});

test("the number of dimensions is the caller's choice, within limits", async () => {
  const server = await startEmbeddingServer();
  const { data } = (await (await server.post({ input: "hi", dimensions: 8 })).json()) as Answer;
  expect(data[0]?.embedding).toHaveLength(8);
  expect(await (await server.post({ input: "hi", dimensions: 5_000 })).json()).toMatchObject({
    error: { code: "invalid_value", param: "dimensions" },
  });
});

test("the official SDK reads the vectors, which it asks for in base64", async () => {
  const server = await startEmbeddingServer();
  const client = createOpenAIClient(server);
  const requests = { model: "openclaw", input: ["hello", "?!"], dimensions: 16 };
  const byDefault = await client.embeddings.create(requests);
  const floats = await client.embeddings.create({ ...requests, encoding_format: "float" });
  expect(byDefault.data.map(({ index }) => index)).toEqual([0, 1]);
  for (const [index, { embedding }] of byDefault.data.entries())
    for (const [place, value] of embedding.entries())
      expect(value).toBeCloseTo(floats.data[index]?.embedding[place] ?? NaN, 6);
  expect(product(floats.data[1]?.embedding ?? [], floats.data[1]?.embedding ?? [])).toBeCloseTo(1, 3);
});

test("token arrays, empty texts and empty lists are rejected with their field", async () => {
  const server = await startEmbeddingServer();
  const postInput = async (input: unknown): Promise<unknown> => {
    const answer = await server.post({ input });
    return [answer.status, await answer.json()];
  };
  const tokens = { error: { code: "unsupported_value", param: "input" } };
  expect(await postInput([1, 2])).toMatchObject([400, tokens]);
  expect(await postInput([[1, 2]])).toMatchObject([400, tokens]);
  for (const input of ["", [], ["hi", ""], 42, undefined, Array(2_049).fill("x")])
    expect(await postInput(input)).toMatchObject([400, { error: { type: "invalid_request_error" } }]);
});

test("a provider is called with its own API, and its count is the usage", async () => {
  const { config, asked } = await provider((res) =>
    json(res, {
      data: [
        { index: 1, embedding: [0.3, 0.4] },
        { index: 0, embedding: [0.1, 0.2] },
      ],
      usage: { prompt_tokens: 7, total_tokens: 7 },
    }),
  );
  const server = await startEmbeddingServer(config);
  const answer = await server.post({ input: ["a", "b"], dimensions: 2 }, { "x-openclaw-agent-id": "coder" });
  expect(await answer.json()).toEqual({
    object: "list",
    data: [
      { object: "embedding", index: 0, embedding: [0.1, 0.2] },
      { object: "embedding", index: 1, embedding: [0.3, 0.4] },
    ],
    model: "openclaw",
    usage: { prompt_tokens: 7, total_tokens: 7 },
  });
  expect(answer.headers.get("x-openclaw-agent-id")).toBe("coder");
  expect(asked).toEqual([
    {
      url: "/v1/embeddings",
      authorization: "Bearer key-of-the-provider",
      body: { model: "small", input: ["a", "b"], dimensions: 2, encoding_format: "float" },
    },
  ]);
});

test("an agent has its own embedding model, and a caller may select one that it offers", async () => {
  const { config } = await provider((res, { input }) =>
    json(res, { data: input.map((_, index) => ({ index, embedding: [1] })) }),
  );
  const server = await startEmbeddingServer({
    ...config,
    agents: {
      defaults: { models: { "far/small": {}, "near/none": {} } },
      list: [{ id: "main" }, { id: "far", embeddingModel: "far/small" }],
    },
  });
  const lengthWith = async (headers: Record<string, string>): Promise<unknown> => {
    const { data } = (await (await server.post({ input: "hi" }, headers)).json()) as Answer;
    return data[0]?.embedding.length;
  };
  expect(await lengthWith({})).toBe(256);
  expect(await lengthWith({ "x-openclaw-agent-id": "far" })).toBe(1);
  expect(await lengthWith({ "x-openclaw-model": "far/small" })).toBe(1);
  const postWith = (model: string): Promise<Response> =>
    server.post({ input: "hi" }, { "x-openclaw-model": model });
  expect((await postWith("near/none")).status).toBe(400);
  // The shared secret may name any model of a configured provider.
  expect((await postWith("far/other")).status).toBe(200);
  expect((await postWith("nowhere/other")).status).toBe(400);
});

test("a provider's failures have the usual error codes", async () => {
  const failures: readonly (readonly [(res: ServerResponse) => void, number, string])[] = [
    [(res) => json(res, { error: { message: "no" } }, 401), 502, "upstream_auth"],
    [(res) => json(res, { error: { message: "slow down" } }, 429), 429, "rate_limit_exceeded"],
    [(res) => json(res, { error: { message: "too long" } }, 400), 400, "upstream_rejected"],
    [(res) => json(res, { error: { message: "oops" } }, 500), 502, "upstream_error"],
    [(res) => json(res, { error: { message: "oops" } }), 502, "upstream_protocol"],
    [(res) => json(res, { data: [] }), 502, "upstream_protocol"],
    [(res) => json(res, { data: [{ index: 0, embedding: ["x"] }] }), 502, "upstream_protocol"],
    [(res) => res.end("<html>"), 502, "upstream_protocol"],
    [(res) => res.destroy(), 502, "upstream_unreachable"],
  ];
  for (const [fault, status, code] of failures) {
    const { config } = await provider(fault);
    const answer = await (await startEmbeddingServer(config)).post({ input: "hi" });
    expect([answer.status, await answer.json()]).toMatchObject([status, { error: { code } }]);
  }
  const { config } = await provider((res) => json(res, { data: [{ index: 0, embedding: [1, 2] }] }));
  const answer = await (await startEmbeddingServer(config)).post({ input: "hi", dimensions: 3 });
  expect(await answer.json()).toMatchObject({ error: { code: "unsupported_value", param: "dimensions" } });
});
