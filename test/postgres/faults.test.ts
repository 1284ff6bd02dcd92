/** Nodes that die or are paused, and a database that goes away, with real processes. */
import { createServer, type ServerResponse } from "node:http";
import { once } from "node:events";
import { Client } from "pg";
import { expect, onTestFinished, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { says } from "../../contracts/examples/script.ts";
import { postChat, startTestGateway, token } from "../support/gateway/gateway.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { createSharedConfig } from "../support/postgres/nodes.ts";
import { startPostgres } from "../support/postgres/server.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";

const ask = (url: string, content: string): Promise<Response> =>
  postChat(
    url,
    { model: "openclaw", messages: [{ role: "user", content }] },
    { headers: { "x-openclaw-session-key": "talk" } },
  );

/** A provider that answers the message `wait` when the test says so, and others at once. */
async function startProvider(): Promise<{
  readonly baseUrl: string;
  readonly waiting: readonly ServerResponse[];
  readonly resume: () => void;
}> {
  const waiting: ServerResponse[] = [];
  const answer = (response: ServerResponse, text: string): void => {
    const choice = { index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" };
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ id: "c", object: "chat.completion", created: 1, model: "m", choices: [choice] }),
    );
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as {
        readonly messages: readonly { readonly content: unknown }[];
      };
      if (JSON.stringify(messages.at(-1)?.content).includes("wait")) waiting.push(response);
      else answer(response, "at once");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    waiting,
    resume: () => {
      for (const response of waiting) answer(response, "late");
    },
  };
}

const createConfig = (baseUrl: string): ConfigInput =>
  createSharedConfig({
    models: {
      providers: { test: { api: "openai-completions", baseUrl, apiKey: "k", models: [{ id: "m" }] } },
    },
    agents: { defaults: { model: "test/m" } },
  });

/** Returns the kinds of the entries of all sessions, in order, with the text of the turns. */
async function readEntries({ session }: ConfigInput): Promise<readonly string[]> {
  const { url = "", schema = "" } = session?.store ?? {};
  const client = new Client({ connectionString: typeof url === "string" ? url : "" });
  await client.connect();
  const { rows } = await client.query<{ readonly entry: string }>(
    `select coalesce(payload::json->'turn'->'content'->0->>'text', kind) as entry from ${schema}.entries order by seq`,
  );
  await client.end();
  return rows.map(({ entry }) => entry);
}

test("the run of a node that was killed is interrupted once, and another node goes on with its session", async () => {
  const provider = await startProvider();
  const config = createConfig(provider.baseUrl);
  const first = await startGatewayProcess({ config });
  const second = await startGatewayProcess({ config });
  const cut = ask(first.url, "wait").catch(() => "cut");
  await expect.poll(() => provider.waiting.length).toBe(1);
  await first.end("SIGKILL");
  expect(await cut).toBe("cut");
  // It waits for its turn until the lease of the dead node has ended.
  const answer = await ask(second.url, "hello");
  expect(answer.status).toBe(200);
  expect(await readEntries(config)).toEqual(["wait", "interrupted", "hello", "at once"]);
});

test("what a node writes after a pause is refused, and its run is told to be interrupted once", async () => {
  const provider = await startProvider();
  const config = createConfig(provider.baseUrl);
  const first = await startGatewayProcess({ config });
  const second = await startGatewayProcess({ config });
  const late = ask(first.url, "wait");
  await expect.poll(() => provider.waiting.length).toBe(1);
  first.child.kill("SIGSTOP");
  expect((await ask(second.url, "hello")).status).toBe(200);
  provider.resume();
  first.child.kill("SIGCONT");
  const refused = await late;
  expect([refused.status, await refused.json()]).toMatchObject([429, { error: { code: "session_busy" } }]);
  expect((await ask(first.url, "again")).status).toBe(200);
  const entries = ["wait", "interrupted", "hello", "at once", "again", "at once"];
  expect(await readEntries(config)).toEqual(entries);
});

test("without its database a node answers 503 and asks no provider, and goes on when the database is back", async () => {
  const database = await startPostgres();
  onTestFinished(database.remove);
  const { model, modelCalls } = createModelSequence([says("hi")]);
  const config = createSharedConfig();
  const gateway = await startTestGateway({
    model,
    config: { ...config, session: { store: { ...config.session?.store, url: database.url } } },
  });
  const ready = async (): Promise<number> =>
    (await fetch(`${gateway.url}/readyz`, { headers: { authorization: `Bearer ${token}` } })).status;
  expect((await ask(gateway.url, "one")).status).toBe(200);
  for (let round = 2; round <= 4; round += 1) {
    await database.stop("immediate");
    const answer = await ask(gateway.url, "lost");
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { error: { code: "storage_unavailable" } },
    ]);
    await expect.poll(ready).toBe(503);
    expect(modelCalls).toHaveLength(round - 1);
    await database.start();
    expect((await ask(gateway.url, `number ${round}`)).status).toBe(200);
    await expect.poll(ready).toBe(200);
    expect(modelCalls).toHaveLength(round);
  }
});

test("a run during which the database restarts is stored by new connections, and its session goes on", async () => {
  const database = await startPostgres();
  onTestFinished(database.remove);
  const provider = await startProvider();
  const config = createConfig(provider.baseUrl);
  const gateway = await startTestGateway({
    config: { ...config, session: { store: { ...config.session?.store, url: database.url } } },
  });
  const lost = ask(gateway.url, "wait");
  await expect.poll(() => provider.waiting.length).toBe(1);
  await database.crash();
  provider.resume();
  expect((await lost).status).toBe(200);
  expect((await ask(gateway.url, "hello")).status).toBe(200);
});

test("a gateway does not start without its database, and does not tell its password", async () => {
  const config = createSharedConfig();
  const url = "postgres://user:canary-password@127.0.0.1:1/db";
  const failure = await startTestGateway({
    config: { ...config, session: { store: { ...config.session?.store, url } } },
  }).catch((error: unknown) => String(error));
  expect(failure).toContain("ECONNREFUSED");
  expect(failure).not.toContain("canary-password");
});
