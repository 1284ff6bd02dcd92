/** A conversation made short, and measured, as the official SDK asks for it. */
import type OpenAI from "openai";
import { expect, test } from "vitest";
import { ends, fails, nextCall, says, type ScriptStep } from "../../contracts/examples/script.ts";
import type { ModelCall } from "../../server/agent/types.ts";
import { startTestGateway } from "../support/gateway.ts";
import { openaiClient } from "../support/openai-client.ts";
import { scriptParts, sequence } from "../support/scripted-model.ts";

async function start(...script: readonly ScriptStep[]): Promise<{ client: OpenAI; seen: ModelCall[] }> {
  const { model, seen } = sequence(...scriptParts(script));
  const config = { gateway: { http: { endpoints: { responses: { enabled: true } } } } };
  return { client: openaiClient(await startTestGateway({ config, model })), seen };
}

/** The SDK's types know output items that are no input; this gateway's all are. */
const sentBack = (output: readonly OpenAI.Responses.ResponseOutputItem[]): OpenAI.Responses.ResponseInput =>
  output as OpenAI.Responses.ResponseInput;

const textOf = (call: ModelCall | undefined): string => JSON.stringify(call?.turns);

const talk: OpenAI.Responses.ResponseInput = [
  { role: "user", content: "I am Ada." },
  { role: "assistant", content: "Hello Ada." },
];
const model = "openclaw";

test("the compacted output, sent back, is the summary that the model goes on from", async () => {
  const { client, seen } = await start(
    says("She is Ada."),
    ends({ input: 40, output: 5 }),
    nextCall,
    says("You are Ada."),
  );
  const compacted = await client.responses.compact({ model, input: talk, instructions: "Keep names." });
  expect(compacted).toMatchObject({ object: "response.compaction", usage: { total_tokens: 45 } });
  expect(JSON.stringify(compacted)).not.toContain("She is Ada");
  expect(seen[0]?.system).toContain("Keep names.");
  expect(textOf(seen[0])).toContain("Hello Ada.");

  await client.responses.create({
    model,
    input: [...sentBack(compacted.output), { role: "user", content: "Who am I?" }],
  });
  expect(seen[1]?.turns).toMatchObject([{ role: "user", summary: true }, { role: "user" }]);
  expect(textOf(seen[1])).toContain("She is Ada.");
  expect(textOf(seen[1])).not.toContain("Hello Ada.");
});

test("a stored response is compacted by its id alone", async () => {
  const { client, seen } = await start(says("Hello Ada."), nextCall, says("She is Ada."));
  const { id } = await client.responses.create({ model, input: "I am Ada." });
  const { output } = await client.responses.compact({ model, previous_response_id: id });
  expect(output).toMatchObject([{ type: "compaction" }]);
  expect(textOf(seen[1])).toMatch(/I am Ada\..*Hello Ada\./);
});

test("a question that nobody has answered stands word for word in the summary", async () => {
  const { client, seen } = await start(says("They met."), nextCall, says("Here."));
  const question = "Where is 4c1d-77?";
  const { output } = await client.responses.compact({
    model,
    input: [...talk, { role: "user", content: question }],
  });
  await client.responses.create({ model, input: [...sentBack(output), { role: "user", content: "Go on." }] });
  expect(textOf(seen[1])).toContain(question);
});

test("what another gateway has sealed is refused", async () => {
  const [first, second] = [await start(says("A summary.")), await start(says("Hello."))];
  const { output } = await first.client.responses.compact({ model, input: talk });
  await expect(second.client.responses.create({ model, input: sentBack(output) })).rejects.toMatchObject({
    status: 400,
    param: "input[0].encrypted_content",
  });
});

test("a provider's failure is the answer, and an agent has to be named", async () => {
  const { client } = await start(fails("rate_limit_exceeded", "Too many requests."));
  await expect(client.responses.compact({ model, input: talk })).rejects.toMatchObject({ status: 429 });
  const nameless = { input: talk } as OpenAI.Responses.ResponseCompactParams;
  await expect(client.responses.compact(nameless)).rejects.toMatchObject({ status: 400, param: "model" });
});

test("a response of a session is neither compacted nor measured", async () => {
  const { client } = await start(says("Hello Ada."));
  const { id } = await client.responses.create({ model, input: "I am Ada.", user: "ada" });
  const refused = { status: 400, param: "previous_response_id" };
  const asked = { model, previous_response_id: id };
  await expect(client.responses.compact(asked)).rejects.toMatchObject(refused);
  await expect(client.responses.inputTokens.count(asked)).rejects.toMatchObject(refused);
});

test("the count grows with everything that the model would read, and asks no model", async () => {
  const { client, seen } = await start(says("Hello Ada."));
  const count = async (more: OpenAI.Responses.InputTokenCountParams): Promise<number> =>
    (await client.responses.inputTokens.count({ model, input: "hi", ...more })).input_tokens;
  const bare = await count({});
  expect(await count({ input: "hi".repeat(400) })).toBe(bare + 199);
  expect(await count({ instructions: "Be brief. ".repeat(40) })).toBeGreaterThan(bare + 90);
  const tool = { type: "function" as const, name: "look", parameters: {}, strict: false };
  expect(await count({ tools: [{ ...tool, description: "Looks. ".repeat(60) }] })).toBeGreaterThan(
    bare + 100,
  );
  expect(seen).toEqual([]);

  const { id } = await client.responses.create({ model, input: "I am Ada. ".repeat(40) });
  expect(await count({ previous_response_id: id })).toBeGreaterThan(bare + 90);
});
