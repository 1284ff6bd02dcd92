/** Sessions that a client's own header selects: the four requests that Open WebUI sends for one message. */
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { says } from "../../contracts/examples/script.ts";
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
const chatId = "7c2d4a0e-5f0b-4b1c-9a52-0e6a4f2f9a11";

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

/** The headers that Open WebUI 0.6 forwards, and the bodies of its four requests for one message. */
const openWebui = {
  "x-openwebui-user-name": "Ada",
  "x-openwebui-user-id": "0d0c7f6a-1111-4c1c-8b1a-000000000001",
  "x-openwebui-user-role": "user",
  "x-openwebui-chat-id": chatId,
};
const answer = { model: "openclaw:chat", stream: true, messages: [user("Why is the sky blue?")] };
const history =
  "### Chat History:\n<chat_history>\nUSER: Why is the sky blue?\nASSISTANT: Rayleigh.\n</chat_history>";
const sideJobs = [
  "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.",
  "### Task:\nGenerate 1-3 broad tags categorizing the main themes of the chat history.",
  "### Task:\nSuggest 3-5 relevant follow-up questions.",
].map((task) => ({
  model: "openclaw:tasks",
  stream: false,
  messages: [user(`${task}\n${history}`)],
  max_completion_tokens: 1000,
}));

test("one message of Open WebUI stores one question and one answer, under the chat's id", async () => {
  const { model, modelCalls } = createModelSequence([says("Rayleigh.")]);
  const gateway = await startTestGateway({ config, model });
  for (const body of [answer, ...sideJobs]) await post(gateway, body, openWebui);
  expect(modelCalls).toHaveLength(4);
  expect(await listSessions(gateway)).toMatchObject([{ agentId: "chat", label: chatId, entries: 2 }]);

  // The program sends the whole conversation again.
  const next = [...answer.messages, { role: "assistant", content: "Rayleigh." }, user("And red?")];
  await post(gateway, { ...answer, messages: next }, openWebui);
  expect(await listSessions(gateway)).toMatchObject([{ entries: 4 }]);
  expect(modelCalls.at(-1)?.turns).toHaveLength(3);
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
      body: JSON.stringify({ ...answer, stream: false }),
    });
  expect((await send("one")).status).toBe(200);
  expect((await send("two")).status).toBe(422);
  const repeat = await send("one", "another name");
  expect([repeat.status, repeat.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
});
