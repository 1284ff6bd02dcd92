/** A state folder of an earlier commit is opened: the names on disk and the formats of stored data stay readable. */
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import type { ModelCall } from "../../server/agent/types.ts";
import { resolveSharedSecret } from "../../server/auth/shared-secret.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { createTemporaryFolder, startTestGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { request } from "../support/gateway/keys.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import { modelTurn, readText } from "../support/runs/turns.ts";

const fixture = join(packageRoot, "test/fixtures/state-folder-v1");
const secret = readFileSync(join(fixture, "gateway-token"), "utf8").trim();

/** What the clients of the earlier gateway keep. */
const clients = JSON.parse(readFileSync(join(fixture, "clients.json"), "utf8")) as {
  readonly namedKey: string;
  readonly responseId: string;
  readonly openCallId: string;
  readonly idempotency: { readonly key: string; readonly completionId: string };
  readonly reasoning: object;
  readonly compaction: object;
};

const config = {
  gateway: { http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } } },
};

/** Opens a copy of the folder, an hour after it was written. */
async function openFixture(): Promise<{
  readonly gateway: TestGateway;
  readonly modelCalls: readonly ModelCall[];
}> {
  const stateDir = createTemporaryFolder();
  cpSync(fixture, stateDir, { recursive: true });
  const { model, modelCalls } = createModelSequence([says("Hello again.")]);
  const now = Date.UTC(2026, 0, 15, 13);
  const token = resolveSharedSecret(undefined, [], stateDir).text;
  const gateway = await startTestGateway({ config, stateDir, model, secret: token, clock: () => now });
  return { gateway, modelCalls };
}

async function getJson(gateway: TestGateway, path: string, body?: object, headers = {}): Promise<unknown> {
  const response = await request(gateway, path, { secret, headers, ...(body !== undefined && { body }) });
  expect(response.status, path).toBe(200);
  return response.json();
}

const chat = (content: string): object => ({ model: "openclaw", messages: [{ role: "user", content }] });

const getTexts = ({ turns }: Pick<ModelCall, "turns">): readonly string[] => turns.map(readText);

test("its sessions are listed, with their labels", async () => {
  const { gateway } = await openFixture();
  const { sessions } = (await getJson(gateway, "/sessions")) as {
    readonly sessions: readonly { readonly sessionKey: string; readonly label: string | null }[];
  };
  expect(sessions.map(({ sessionKey }) => sessionKey).toSorted()).toEqual([
    "agent:main:again",
    "agent:main:cut",
    expect.stringMatching(/^agent:main:key:[^:]+:hers$/),
    "agent:main:long",
    "agent:main:trip",
    expect.stringMatching(/^agent:main:user:/),
    "agent:main:weather",
  ]);
  expect(sessions.find(({ sessionKey }) => sessionKey === "agent:main:trip")).toMatchObject({
    label: "Journey",
  });
});

test("a conversation with tool calls and thinking goes on", async () => {
  const { gateway, modelCalls } = await openFixture();
  await getJson(gateway, "/v1/chat/completions", chat("Where is the map?"), {
    "x-openclaw-session-key": "trip",
  });
  const turns = modelCalls[0]?.turns ?? [];
  expect(turns.map(({ role }) => role).join(" ")).toBe(
    "user assistant user assistant tool assistant user assistant tool tool assistant user assistant user",
  );
  expect(turns).toContainEqual(
    expect.objectContaining(
      modelTurn({
        calls: [
          { id: "call_2", name: "read", arguments: '{"path":"notes.md"}' },
          { id: "call_3", name: "sessions_list", arguments: "{}" },
        ],
      }),
    ),
  );
  expect(turns).toContainEqual({
    role: "tool",
    callId: "call_2",
    content: [{ type: "text", text: "Ada packs a map." }],
    own: true,
  });
  expect(turns).toContainEqual(
    modelTurn({
      text: "Then the boat.",
      thinking: "The map first.",
    }),
  );
});

test("a rewind and a compaction still replace their turns", async () => {
  const { gateway, modelCalls } = await openFixture();
  for (const key of ["again", "long"]) {
    await getJson(gateway, "/v1/chat/completions", chat("Hi."), { "x-openclaw-session-key": key });
  }
  expect(modelCalls.map(({ turns }) => turns.length)).toEqual([3, 9]);
  expect(modelCalls[1]?.turns[0]).toMatchObject({ role: "user", summary: true });
});

test("a client answers a tool call that was open", async () => {
  const { gateway, modelCalls } = await openFixture();
  const messages = [{ role: "tool", tool_call_id: clients.openCallId, content: "-3 °C" }];
  await getJson(
    gateway,
    "/v1/chat/completions",
    { model: "openclaw", messages },
    {
      "x-openclaw-session-key": "weather",
    },
  );
  expect(modelCalls[0]?.turns.at(-1)).toMatchObject({ role: "tool", content: [{ text: "-3 °C" }] });
});

test("the session whose run was killed is free again", async () => {
  const { gateway, modelCalls } = await openFixture();
  await getJson(gateway, "/v1/chat/completions", chat("Go on."), { "x-openclaw-session-key": "cut" });
  expect(getTexts(modelCalls[0] ?? { turns: [] })).toEqual(["/slow 1s one two three four", "Go on."]);
});

test("previous_response_id continues a stored response", async () => {
  const { gateway, modelCalls } = await openFixture();
  const body = { model: "openclaw", input: "Who am I?", previous_response_id: clients.responseId };
  expect(await getJson(gateway, "/v1/responses", body)).toMatchObject({
    status: "completed",
    previous_response_id: clients.responseId,
  });
  expect(getTexts(modelCalls[0] ?? { turns: [] })).toEqual([
    "My name is Grace.",
    expect.stringContaining("Grace"),
    "/think She is Grace.\nNoted, Grace.",
    "Noted, Grace.",
    "Who am I?",
  ]);
  expect(await getJson(gateway, `/v1/responses/${clients.responseId}`)).toMatchObject({
    id: clients.responseId,
    status: "completed",
  });
});

test("the named key is accepted and sees its own session", async () => {
  const { gateway } = await openFixture();
  const response = await request(gateway, "/sessions", { secret: clients.namedKey });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    sessions: [{ sessionKey: expect.stringMatching(/^agent:main:key:[^:]+:hers$/) }],
  });
});

test("an idempotency key replays its result", async () => {
  const { gateway, modelCalls } = await openFixture();
  const response = await request(gateway, "/v1/chat/completions", {
    secret,
    headers: { "idempotency-key": clients.idempotency.key },
    body: chat("say done once"),
  });
  expect(response.headers.get("idempotency-replayed")).toBe("true");
  expect(await response.json()).toMatchObject({
    id: clients.idempotency.completionId,
    choices: [{ message: { content: "done once" } }],
  });
  expect(modelCalls).toEqual([]);
});

test("encrypted items are decrypted", async () => {
  const { gateway, modelCalls } = await openFixture();
  const input = [
    clients.compaction,
    { role: "user", content: "Three times two?" },
    clients.reasoning,
    { role: "assistant", content: "Six." },
    { role: "user", content: "Who am I?" },
  ];
  await getJson(gateway, "/v1/responses", { model: "openclaw", input, store: false });
  const [summary, , answer] = modelCalls[0]?.turns ?? [];
  expect(JSON.stringify(summary)).toContain("My name is Grace.");
  expect(answer).toEqual(modelTurn({ thinking: "Three times two.", text: "Six." }));
});
