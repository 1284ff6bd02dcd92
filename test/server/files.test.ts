/** Files: uploads in every form that clients send, their limits, and messages that name them. */
import { existsSync, readdirSync, writeFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import { type OpenAI, toFile } from "openai";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { says } from "../../contracts/examples/script.ts";
import type { ModelCall } from "../../server/agent/types.ts";
import { readConversation } from "../support/clients/agents-runner.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import {
  allEndpoints,
  postChat,
  startTestGateway,
  toGatewaySchema,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import { createKey } from "../support/gateway/keys.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import { postgresUrl, runOnServer } from "../support/runs/stores.ts";

const createConfig = (files: object = {}): ConfigInput => ({
  gateway: { http: { endpoints: { ...allEndpoints, files } } },
});

async function start(
  files: object = {},
): Promise<{ gateway: TestGateway; client: OpenAI; modelCalls: readonly ModelCall[] }> {
  const { model, modelCalls } = createModelSequence([says("ok")]);
  const gateway = await startTestGateway({ config: createConfig(files), model });
  return { gateway, client: createOpenAIClient(gateway), modelCalls };
}

const upload = async (client: OpenAI, text: string, name = "note.txt"): Promise<OpenAI.FileObject> =>
  client.files.create({ file: await toFile(Buffer.from(text), name), purpose: "user_data" });

/** Resolves to the status and the code of the error. */
const getError = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    ({ status, code }: InstanceType<typeof OpenAI.APIError>) => [status, code],
  );

/** Posts a form of these lines. */
function postForm(
  { url }: TestGateway,
  lines: readonly string[],
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${url}/v1/files`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "multipart/form-data; boundary=x",
      ...headers,
    },
    body: `${lines.join("\r\n")}\r\n`,
  });
}

const purpose = ["--x", 'content-disposition: form-data; name="purpose"', "", "user_data"];
const createPart = (filename: string, text: string): readonly string[] => [
  "--x",
  `content-disposition: form-data; name="file"; filename=${filename}`,
  "content-type: text/html",
  "",
  text,
];

const getFolder = ({ stateDir }: TestGateway): string => join(stateDir, "files");

/** Resolves to the names of all contents, also of those that are being received: in the state folder, or in the database. */
async function listContents(gateway: TestGateway): Promise<readonly unknown[]> {
  if (postgresUrl !== undefined) {
    const schema = toGatewaySchema(gateway.stateDir);
    const rows = await runOnServer(postgresUrl, schema, "select distinct content from file_chunks");
    return rows.map(({ content }) => content);
  }
  return readdirSync(getFolder(gateway), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

/** Makes contents impossible to write, until the returned function is called. */
async function blockContents(gateway: TestGateway): Promise<() => Promise<unknown>> {
  const url = postgresUrl;
  if (url !== undefined) {
    const schema = toGatewaySchema(gateway.stateDir);
    await runOnServer(url, schema, "alter table file_chunks rename to blocked");
    return () => runOnServer(url, schema, "alter table blocked rename to file_chunks");
  }
  const folder = getFolder(gateway);
  writeFileSync(folder, "in the way");
  return () => Promise.resolve(rmSync(folder));
}

test("a file is created, listed, retrieved, downloaded byte for byte and deleted", async () => {
  const { client, gateway } = await start();
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 256));
  const file = await client.files.create({
    file: await toFile(bytes, "data.bin"),
    purpose: "user_data",
    expires_after: { anchor: "created_at", seconds: 3_600 },
  });
  expect(file).toMatchObject({ object: "file", bytes: 300_000, filename: "data.bin", status: "processed" });
  expect((file.expires_at ?? 0) - file.created_at).toBe(3_600);
  expect(await client.files.waitForProcessing(file.id)).toEqual(file);
  const second = await upload(client, "two");
  const third = await upload(client, "three");
  const list = async (query: OpenAI.FileListParams): Promise<readonly string[]> =>
    (await Array.fromAsync(client.files.list(query))).map(({ id }) => id);
  expect((await list({ order: "asc", limit: 1 })).toSorted()).toEqual(
    [file.id, second.id, third.id].toSorted(),
  );
  expect(await list({ purpose: "vision" })).toEqual([]);

  const content = await client.files.content(file.id);
  expect(content.headers.get("content-type")).toBe("application/octet-stream");
  expect(content.headers.get("x-content-type-options")).toBe("nosniff");
  expect(content.headers.get("content-disposition")).toBe("attachment; filename*=UTF-8''data.bin");
  expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true);

  expect(await client.files.delete(file.id)).toEqual({ id: file.id, object: "file", deleted: true });
  expect(await getError(client.files.retrieve(file.id))).toEqual([404, "file_not_found"]);
  expect(await listContents(gateway)).toHaveLength(2);
});

test("fields come in any order, names are cleaned, a body may have no length", async () => {
  const { gateway } = await start();
  const names: unknown[] = [];
  for (const name of ['"a.txt"', '"../../etc/passwd"', '"с\\"naïve\\".txt"', '"C:\\\\x\\\\y.html"', '""']) {
    const response = await postForm(gateway, [...createPart(name, "text"), ...purpose, "--x--"]);
    expect(response.status).toBe(200);
    names.push(((await response.json()) as OpenAI.FileObject).filename);
  }
  expect(names.slice(0, 2)).toEqual(["a.txt", "passwd"]);
  for (const name of names) expect(name).toMatch(/^[^/\\]+$/);
});

test("a form may arrive in parts of any size, with more after its end", async () => {
  const { gateway, client } = await start();
  const send = (body: string, partLength: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        "content-type": 'multipart/form-data; boundary="x"',
      };
      const outgoing = request(`${gateway.url}/v1/files`, { method: "POST", headers }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
      });
      outgoing.on("error", reject);
      outgoing.setNoDelay(true);
      // Each part is a packet of its own.
      const write = (start: number): void => {
        if (start >= body.length) return void outgoing.end();
        outgoing.write(body.slice(start, start + partLength), () => setImmediate(write, start + partLength));
      };
      write(0);
    });
  const texts = ["", "text", "a--x", "a--x--", "\r\n--", "\r\n-\r\n"];
  for (const text of texts) {
    const form = [...purpose, ...createPart('"a.txt"', text), "--x--", ""].join("\r\n");
    expect(await send(form, 1)).toBe(200);
    expect(await send(`${form}an epilogue`, form.length)).toBe(200);
  }
  const files = (await client.files.list({ order: "asc" })).data;
  const contents = await Promise.all(files.map(async ({ id }) => (await client.files.content(id)).text()));
  expect(contents.toSorted()).toEqual([...texts, ...texts].toSorted());
});

test("a form that is no form, or has a wrong field, is rejected, and nothing of it is left", async () => {
  const { gateway, client } = await start();
  const file = createPart('"a.txt"', "text");
  const send = async (lines: readonly string[], headers?: Record<string, string>): Promise<unknown> => {
    const response = await postForm(gateway, lines, headers);
    const { error } = (await response.json()) as { error: { code: string; param: string | null } };
    return [response.status, error.code, error.param];
  };
  expect(await send([...file, "--x--"])).toEqual([400, "missing_required_parameter", "purpose"]);
  expect(await send([...purpose, "--x--"])).toEqual([400, "missing_required_parameter", "file"]);
  expect(await send([...file, ...file, ...purpose, "--x--"])).toEqual([400, "invalid_value", null]);
  expect(await send([...file, ...purpose])).toEqual([400, "invalid_value", null]);
  expect(
    await send([...file, ...purpose, "--x--"], { "content-type": "multipart/form-data; boundary=y" }),
  ).toEqual([400, "invalid_value", null]);
  const form = "multipart/form-data; boundary=";
  for (const type of ["application/json", form, `${form}""`, form + "x".repeat(71)])
    expect(await send(["--", "", "----"], { "content-type": type })).toEqual([
      415,
      "unsupported_media_type",
      null,
    ]);
  const expiry = { anchor: "created_at", seconds: 60 } as const;
  const early = client.files.create({
    file: await toFile(Buffer.from("x"), "x"),
    purpose: "user_data",
    expires_after: expiry,
  });
  expect(await getError(early)).toEqual([400, "invalid_value"]);
  await expect.poll(() => listContents(gateway)).toEqual([]);
  expect((await client.files.list()).data).toEqual([]);
});

test("an object of a form is a field of JSON, or fields with brackets", async () => {
  const { gateway } = await start();
  const post = async (...part: readonly string[]): Promise<unknown> => {
    const response = await postForm(gateway, [
      ...createPart('"a.txt"', "text"),
      ...purpose,
      ...part,
      "--x--",
    ]);
    const { error, ...file } = (await response.json()) as OpenAI.FileObject & { error?: { code: string } };
    return error?.code ?? (file.expires_at ?? 0) - file.created_at;
  };
  const createField = (name: string, value: string, ...headers: readonly string[]): readonly string[] => [
    "--x",
    `content-disposition: form-data; name="${name}"`,
    ...headers,
    "",
    value,
  ];
  const type = "content-type: application/json";
  const expiry = JSON.stringify({ anchor: "created_at", seconds: 3_600 });
  const fields = [
    ...createField("expires_after[anchor]", "created_at"),
    ...createField("expires_after[seconds]", "3600"),
  ];
  expect(await post(...fields)).toBe(3_600);
  expect(await post(...createField("expires_after", expiry, type))).toBe(3_600);
  expect(await post(...createField("expires_after", expiry))).toBe(3_600);
  expect(await post(...createField("expires_after", "3600"))).toBe("invalid_type");
  expect(await post(...createField("expires_after", "{", type))).toBe("invalid_json");
  expect(await post(...createField("expires_after", "[".repeat(4_000), type))).toBe("json_too_complex");
});

test("limits of a file and of a credential are 413, before the whole body is read", async () => {
  const { gateway, client } = await start({ maxBytes: 100_000, totalBytes: 150_000 });
  const large = "x".repeat(100_001);
  expect(await getError(upload(client, large))).toEqual([413, "request_too_large"]);
  const chunked = await new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "multipart/form-data; boundary=x",
    };
    const outgoing = request(`${gateway.url}/v1/files`, { method: "POST", headers }, (response) => {
      resolve(response.statusCode);
      outgoing.destroy();
    });
    outgoing.on("error", reject);
    // It never ends.
    outgoing.write([...purpose, ...createPart('"a.txt"', large.repeat(3))].join("\r\n"));
  });
  expect(chunked).toBe(413);
  await upload(client, "a".repeat(100_000));
  expect(await getError(upload(client, "b".repeat(50_001)))).toEqual([413, "request_too_large"]);
  await expect.poll(() => listContents(gateway)).toHaveLength(1);
  const other = createOpenAIClient(gateway, { apiKey: await createKey(gateway, "ada") });
  await upload(other, "a".repeat(100_000));
  expect(await listContents(gateway)).toHaveLength(1);
});

test("without a credential or from another origin the body is not read", async () => {
  const { gateway } = await start();
  const form = [...createPart('"a.txt"', "text"), ...purpose, "--x--"];
  expect((await postForm(gateway, form, { authorization: "Bearer wrong" })).status).toBe(401);
  expect((await postForm(gateway, form, { origin: "https://evil.example" })).status).toBe(403);
  if (postgresUrl === undefined) expect(existsSync(getFolder(gateway))).toBe(false);
  else expect(await listContents(gateway)).toEqual([]);
});

test("a content that cannot be written is 503, and nothing is stored", async () => {
  const { gateway, client } = await start();
  const unblock = await blockContents(gateway);
  expect(await getError(upload(client, "text"))).toEqual([503, "storage_unavailable"]);
  expect((await client.files.list()).data).toEqual([]);
  await unblock();
  expect((await upload(client, "text")).bytes).toBe(4);
});

test("a file belongs to its credential, and expires", async () => {
  let now = Date.now();
  const { model } = createModelSequence([says("ok")]);
  const gateway = await startTestGateway({ config: createConfig(), model, clock: () => now });
  const ada = createOpenAIClient(gateway, { apiKey: await createKey(gateway, "ada") });
  const bob = createOpenAIClient(gateway, { apiKey: await createKey(gateway, "bob") });
  const { id } = await upload(ada, "secret");
  const attempts = [
    bob.files.retrieve(id),
    bob.files.content(id),
    bob.files.delete(id),
    bob.responses.create({
      model: "openclaw",
      input: [{ role: "user", content: [{ type: "input_file", file_id: id }] }],
    }),
  ].map(getError);
  for (const error of await Promise.all(attempts)) expect(error).toEqual([404, "file_not_found"]);
  expect((await bob.files.list()).data).toEqual([]);
  now += 31 * 86_400_000;
  expect(await getError(ada.files.retrieve(id))).toEqual([404, "file_not_found"]);
});

test("one upload is used in a response, a conversation, a chat completion and a message", async () => {
  const { gateway, client, modelCalls } = await start();
  const { id } = await upload(client, "The train leaves at noon.", "trip.txt");
  const part = { type: "input_file", file_id: id } as const;
  await client.responses.create({ model: "openclaw", input: [{ role: "user", content: [part] }] });
  const conversation = await client.conversations.create({ items: [{ role: "user", content: [part] }] });
  await client.files.retrieve(id);
  await client.responses.create({ model: "openclaw", input: "When?", conversation: conversation.id });
  const content = [{ type: "file", file: { file_id: id } }];
  const chat = await postChat(gateway.url, { model: "openclaw", messages: [{ role: "user", content }] });
  expect(chat.status).toBe(200);
  const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: token, maxRetries: 0 });
  await anthropic.beta.messages.create({
    model: "openclaw",
    max_tokens: 10,
    messages: [{ role: "user", content: [{ type: "document", source: { type: "file", file_id: id } }] }],
  });
  expect(modelCalls).toHaveLength(4);
  for (const call of modelCalls) expect(readConversation(call).join()).toContain("The train leaves at noon.");
  expect(readConversation(modelCalls[0] as ModelCall).join()).toContain("trip.txt");
  await client.files.delete(id);
  const again = client.responses.create({ model: "openclaw", input: "And?", conversation: conversation.id });
  expect((await again).status).toBe("completed");
});
