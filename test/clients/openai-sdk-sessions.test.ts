/** Sessions by `user` and by session key; requests without them are not stored. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type OpenAI from "openai";
import { expect, test } from "vitest";
import { chatConfig, startTestGateway } from "../support/gateway/gateway.ts";
import { createOpenAIClient, chatRequest } from "../support/clients/openai-client.ts";

const nameQuestion = "What is my name?";
const knownAnswer = "Your name is Ada.";
const unknownAnswer = "You have not told me your name.";

async function sendChat(
  client: OpenAI,
  content: string,
  more: { user?: string; key?: string } = {},
): Promise<string | null> {
  const { user, key } = more;
  const { choices } = await client.chat.completions.create(
    { ...chatRequest(content), ...(user === undefined ? {} : { user }) },
    key === undefined ? {} : { headers: { "x-openclaw-session-key": key } },
  );
  return choices[0]?.message.content ?? null;
}

test("a user has a session of their own, and without a user nothing is stored", async () => {
  const client = createOpenAIClient(await startTestGateway());
  await sendChat(client, "My name is Ada.", { user: "ada" });

  expect(await sendChat(client, nameQuestion, { user: "ada" })).toBe(knownAnswer);
  expect(await sendChat(client, nameQuestion, { user: "Ada" })).toBe(unknownAnswer);
  expect(await sendChat(client, nameQuestion)).toBe(unknownAnswer);
  await sendChat(client, "My name is Bob.");
  expect(await sendChat(client, nameQuestion)).toBe(unknownAnswer);
  expect(await sendChat(client, nameQuestion, { user: "ada" })).toBe(knownAnswer);
});

test("a session key selects a session, per client or per request, bare or full", async () => {
  const gateway = await startTestGateway();
  const keyed = createOpenAIClient(gateway, { defaultHeaders: { "x-openclaw-session-key": "trip" } });
  const plain = createOpenAIClient(gateway);
  await sendChat(keyed, "My name is Ada.");

  expect(await sendChat(keyed, nameQuestion)).toBe(knownAnswer);
  expect(await sendChat(plain, nameQuestion, { key: "trip" })).toBe(knownAnswer);
  expect(await sendChat(plain, nameQuestion, { key: "agent:main:trip" })).toBe(knownAnswer);
  expect(await sendChat(plain, nameQuestion, { key: "Trip" })).toBe(unknownAnswer);
  expect(await sendChat(plain, nameQuestion)).toBe(unknownAnswer);
});

test("the reply has the session's full key", async () => {
  const client = createOpenAIClient(await startTestGateway());
  const headers = { "x-openclaw-session-key": "trip" };
  const withSession = await client.chat.completions.create(chatRequest("hi"), { headers }).asResponse();
  const withoutSession = await client.chat.completions.create(chatRequest("hi")).asResponse();

  expect(withSession.headers.get("x-openclaw-session-key")).toBe("agent:main:trip");
  expect(withoutSession.headers.has("x-openclaw-session-key")).toBe(false);
});

test("users have no sessions when that is disabled", async () => {
  const http = { ...chatConfig.gateway?.http, userSession: "off" as const };
  const client = createOpenAIClient(await startTestGateway({ config: { gateway: { http } } }));
  await sendChat(client, "My name is Ada.", { user: "ada" });

  expect(await sendChat(client, nameQuestion, { user: "ada" })).toBe(unknownAnswer);
});

test("a client that always sends the whole conversation does not duplicate it", async () => {
  const client = createOpenAIClient(await startTestGateway());
  const messages: OpenAI.ChatCompletionMessageParam[] = [];
  for (const content of ["My name is Ada.", "My town is Ulm.", "What did I say?"]) {
    messages.push({ role: "user", content });
    const { choices } = await client.chat.completions.create({ model: "openclaw", messages, user: "ada" });
    messages.push({ role: "assistant", content: choices[0]?.message.content ?? "" });
  }

  expect(messages.at(-1)?.content).toBe("You said:\n- My name is Ada.\n- My town is Ulm.");
});

test("runs without a session leave the state folder as it was, byte for byte", async () => {
  const gateway = await startTestGateway();
  const client = createOpenAIClient(gateway);
  await sendChat(client, "My name is Ada.", { user: "ada" });
  const before = filesIn(gateway.stateDir);
  await sendChat(client, "My name is Bob.");
  await client.chat.completions.stream(chatRequest("/length 100")).finalContent();

  expect(filesIn(gateway.stateDir)).toEqual(before);
  await sendChat(client, "My name is Eve.", { user: "eve" });
  expect(filesIn(gateway.stateDir)).not.toEqual(before);
});

/** Returns a digest of each file. */
function filesIn(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    names.map((name) => [name, createHash("sha256").update(readFileSync(name)).digest("hex")]),
  );
}
