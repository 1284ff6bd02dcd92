/** Sessions that a client's own header selects: the four requests that Open WebUI sends for a message. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import JSON5 from "json5";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { says } from "../../contracts/examples/script.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { callAsOperator, createKey } from "../support/gateway/keys.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";

const config: ConfigInput = {
  gateway: { http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } } },
  agents: {
    list: [
      { id: "chat", default: true, sessionHeaders: ["X-OpenWebUI-Chat-Id"] },
      { id: "tasks", tools: { deny: ["*"] } },
    ],
  },
};

interface Row {
  readonly key: string;
  readonly agentId: string;
  readonly label?: string;
  readonly entries: number;
}

async function post(
  { url }: TestGateway,
  body: object,
  headers: Record<string, string> = {},
  path = "chat/completions",
): Promise<{ readonly sessionKey: string | null; readonly json: { readonly id: string } | undefined }> {
  const response = await fetch(`${url}/v1/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  expect([response.status, text]).toEqual([200, text]);
  const json = text.startsWith("{") ? (JSON.parse(text) as { id: string }) : undefined;
  return { sessionKey: response.headers.get("x-openclaw-session-key"), json };
}

const listSessions = async (gateway: TestGateway): Promise<readonly Row[]> =>
  (await callAsOperator<{ sessions: readonly Row[] }>(gateway, "sessions.list")).sessions;
const user = (content: string) => ({ role: "user", content });

interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: {
    readonly model: string;
    readonly messages: readonly object[];
    readonly tools?: readonly { readonly function: { readonly name: string } }[];
  };
}

const read = (path: string): string => readFileSync(join(packageRoot, path), "utf8");

test("two messages of Open WebUI, as recorded, store two questions and two answers under the chat's id", async () => {
  const { requests } = JSON.parse(read("test/fixtures/open-webui/requests.json")) as {
    readonly requests: readonly Recorded[];
  };
  const { model, modelCalls } = createModelSequence([says("a pelican")]);
  const example = JSON5.parse<ConfigInput>(read("examples/chat-programs.json5"));
  const gateway = await startTestGateway({ config: example, model });
  for (const { method, path, headers, body } of requests) {
    const response = await fetch(gateway.url + path, {
      method,
      headers: { ...headers, authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect([response.status, text]).toEqual([200, text]);
    if (body === undefined) continue;
    // The tools of the program and those of the agent.
    const names = modelCalls.at(-1)?.tools.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining((body.tools ?? []).map((tool) => tool.function.name)));
  }
  const recorded = requests.flatMap(({ body }) => (body === undefined ? [] : [body]));
  expect(modelCalls).toHaveLength(recorded.length);
  expect(recorded.map(({ model: name }) => name).filter((name) => name !== "openclaw:tasks")).toHaveLength(2);
  const recordedChat = requests.at(-1)?.headers["x-openwebui-chat-id"];
  expect(await listSessions(gateway)).toMatchObject([{ agentId: "chat", label: recordedChat, entries: 4 }]);
});

test("a session key and a previous response go before the header, and the header before user", async () => {
  const { model } = createModelSequence([says("Yes.")]);
  const gateway = await startTestGateway({ config, model });
  const header = { "x-openwebui-chat-id": "one" };
  const body = { model: "openclaw", messages: [user("hi")] };
  const byHeader = await post(gateway, { ...body, user: "ada" }, header);
  const byUser = await post(gateway, { ...body, user: "ada" });
  const byKey = await post(gateway, body, { ...header, "x-openclaw-session-key": "trip" });
  expect(byKey.sessionKey).toBe("agent:chat:trip");
  expect(byUser.sessionKey).not.toBe(byHeader.sessionKey);
  expect((await listSessions(gateway)).map(({ label = "without" }) => label).toSorted()).toEqual([
    "ada",
    "one",
    "without",
  ]);

  const first = await post(gateway, { input: "hi", store: true }, {}, "responses");
  const next = { input: "more", previous_response_id: first.json?.id };
  expect((await post(gateway, next, header, "responses")).sessionKey).toBe(null);
  const viaResponses = await post(gateway, { input: "more" }, header, "responses");
  expect(viaResponses.sessionKey).toBe(byHeader.sessionKey);
});

test("another value, agent or credential is another session; a blank value is none", async () => {
  const gateway = await startTestGateway({ config });
  const body = { model: "openclaw", messages: [user("hi")] };
  const secret = await createKey(gateway, "ada", { scopes: ["operator.write"] });
  const one = await post(gateway, body, { "x-openwebui-chat-id": "one" });
  const two = await post(gateway, body, { "x-openwebui-chat-id": "two" });
  const other = await post(gateway, body, {
    "x-openwebui-chat-id": "one",
    authorization: `Bearer ${secret}`,
  });
  expect(new Set([one, two, other].map(({ sessionKey }) => sessionKey)).size).toBe(3);
  for (const value of ["", "  "])
    expect((await post(gateway, body, { "x-openwebui-chat-id": value })).sessionKey).toBe(null);
  const tasks = { ...body, model: "openclaw:tasks" };
  expect((await post(gateway, tasks, { "x-openwebui-chat-id": "one" })).sessionKey).toBe(null);
});

test("the header is part of what an Idempotency-Key stands for", async () => {
  const { model } = createModelSequence([says("Rayleigh.")]);
  const gateway = await startTestGateway({ config, model });
  const send = (chat: string, other = "x"): Promise<Response> =>
    fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "idempotency-key": "k",
        "x-openwebui-chat-id": chat,
        "x-openwebui-user-name": other,
      },
      body: JSON.stringify({ model: "openclaw", messages: [user("hi")] }),
    });
  expect((await send("one")).status).toBe(200);
  expect((await send("two")).status).toBe(422);
  const repeat = await send("one", "another name");
  expect([repeat.status, repeat.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
});
