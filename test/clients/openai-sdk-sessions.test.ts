/** Whom the gateway remembers: callers that name a user or a session, and nobody else. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type OpenAI from "openai";
import { expect, test } from "vitest";
import { chatOn, startTestGateway } from "../support/gateway.ts";
import { openaiClient, question } from "../support/openai-client.ts";

const asked = "What is my name?";
const known = "Your name is Ada.";
const unknown = "You have not told me your name.";

async function say(
  client: OpenAI,
  content: string,
  more: { user?: string; key?: string } = {},
): Promise<string | null> {
  const { user, key } = more;
  const { choices } = await client.chat.completions.create(
    { ...question(content), ...(user === undefined ? {} : { user }) },
    key === undefined ? {} : { headers: { "x-openclaw-session-key": key } },
  );
  return choices[0]?.message.content ?? null;
}

test("a user is remembered, other users are not told, and without a user nothing is kept", async () => {
  const client = openaiClient(await startTestGateway());
  await say(client, "My name is Ada.", { user: "ada" });

  expect(await say(client, asked, { user: "ada" })).toBe(known);
  expect(await say(client, asked, { user: "Ada" })).toBe(unknown);
  expect(await say(client, asked)).toBe(unknown);
  await say(client, "My name is Bob.");
  expect(await say(client, asked)).toBe(unknown);
  expect(await say(client, asked, { user: "ada" })).toBe(known);
});

test("a session key is remembered, given per client or per request, short or in full", async () => {
  const gateway = await startTestGateway();
  const keyed = openaiClient(gateway, { defaultHeaders: { "x-openclaw-session-key": "trip" } });
  const plain = openaiClient(gateway);
  await say(keyed, "My name is Ada.");

  expect(await say(keyed, asked)).toBe(known);
  expect(await say(plain, asked, { key: "trip" })).toBe(known);
  expect(await say(plain, asked, { key: "agent:main:trip" })).toBe(known);
  expect(await say(plain, asked, { key: "Trip" })).toBe(unknown);
  expect(await say(plain, asked)).toBe(unknown);
});

test("the reply tells the session's full key", async () => {
  const client = openaiClient(await startTestGateway());
  const headers = { "x-openclaw-session-key": "trip" };
  const kept = await client.chat.completions.create(question("hi"), { headers }).asResponse();
  const ephemeral = await client.chat.completions.create(question("hi")).asResponse();

  expect(kept.headers.get("x-openclaw-session-key")).toBe("agent:main:trip");
  expect(ephemeral.headers.has("x-openclaw-session-key")).toBe(false);
});

test("users are no sessions when that is switched off", async () => {
  const http = { ...chatOn.gateway?.http, userSession: "off" as const };
  const client = openaiClient(await startTestGateway({ config: { gateway: { http } } }));
  await say(client, "My name is Ada.", { user: "ada" });

  expect(await say(client, asked, { user: "ada" })).toBe(unknown);
});

test("a client that sends the whole conversation each time does not make it twice as long", async () => {
  const client = openaiClient(await startTestGateway());
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
  const client = openaiClient(gateway);
  await say(client, "My name is Ada.", { user: "ada" });
  const before = filesIn(gateway.stateDir);
  await say(client, "My name is Bob.");
  await client.chat.completions.stream(question("/length 100")).finalContent();

  expect(filesIn(gateway.stateDir)).toEqual(before);
  await say(client, "My name is Eve.", { user: "eve" });
  expect(filesIn(gateway.stateDir)).not.toEqual(before);
});

/** A digest of each file. */
function filesIn(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    names.map((name) => [name, createHash("sha256").update(readFileSync(name)).digest("hex")]),
  );
}
