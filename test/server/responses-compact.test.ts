/** Compaction, and the count of input tokens, with the official SDK. */
import type { APIError, OpenAI } from "openai";
import { expect, test } from "vitest";
import { ends, fails, nextCall, says, thinks, type ScriptStep } from "../../contracts/examples/script.ts";
import type { ModelCall } from "../../server/agent/types.ts";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { createKey } from "../support/gateway/keys.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import { splitScript, createModelSequence } from "../support/providers/scripted-model.ts";

const config = { gateway: { http: { endpoints: { responses: { enabled: true } } } } };

interface TestClient {
  readonly client: OpenAI;
  readonly seen: ModelCall[];
  readonly log: readonly string[];
}

async function start(...script: readonly ScriptStep[]): Promise<TestClient> {
  const { model, modelCalls } = createModelSequence(...splitScript(script));
  const gateway = await startTestGateway({ config, model });
  return { client: createOpenAIClient(gateway), seen: modelCalls, log: gateway.log };
}

/** The SDK's types have output items that are no input items; all of this gateway's are. */
const toInput = (output: readonly OpenAI.Responses.ResponseOutputItem[]): OpenAI.Responses.ResponseInput =>
  output as OpenAI.Responses.ResponseInput;

const stringifyTurns = (call: ModelCall | undefined): string => JSON.stringify(call?.turns);

const conversation: OpenAI.Responses.ResponseInput = [
  { role: "user", content: "I am Ada." },
  { role: "assistant", content: "Hello Ada." },
];
const model = "openclaw";

test("the compacted output, sent back, gives the model the summary", async () => {
  const { client, seen } = await start(
    says("She is Ada."),
    ends({ input: 40, output: 5 }),
    nextCall,
    says("You are Ada."),
  );
  const compacted = await client.responses.compact({
    model,
    input: conversation,
    instructions: "Keep names.",
  });
  expect(compacted).toMatchObject({ object: "response.compaction", usage: { total_tokens: 45 } });
  expect(JSON.stringify(compacted)).not.toContain("She is Ada");
  expect(seen[0]?.system).toContain("Keep names.");
  expect(stringifyTurns(seen[0])).toContain("Hello Ada.");

  await client.responses.create({
    model,
    input: [...toInput(compacted.output), { role: "user", content: "Who am I?" }],
  });
  expect(seen[1]?.turns).toMatchObject([{ role: "user", summary: true }, { role: "user" }]);
  expect(stringifyTurns(seen[1])).toContain("She is Ada.");
  expect(stringifyTurns(seen[1])).not.toContain("Hello Ada.");
});

test("a stored response is compacted by its id alone", async () => {
  const { client, seen } = await start(says("Hello Ada."), nextCall, says("She is Ada."));
  const { id } = await client.responses.create({ model, input: "I am Ada." });
  const { output } = await client.responses.compact({ model, previous_response_id: id });
  expect(output).toMatchObject([{ type: "compaction" }]);
  expect(stringifyTurns(seen[1])).toMatch(/I am Ada\..*Hello Ada\./);
});

test("a question without an answer is quoted in the summary", async () => {
  const { client, seen } = await start(says("They met."), nextCall, says("Here."));
  const question = "Where is 4c1d-77?";
  const { output } = await client.responses.compact({
    model,
    input: [...conversation, { role: "user", content: question }],
  });
  await client.responses.create({ model, input: [...toInput(output), { role: "user", content: "Go on." }] });
  expect(stringifyTurns(seen[1])).toContain(question);
});

test("what another gateway has encrypted is rejected", async () => {
  const [first, second] = [await start(says("A summary.")), await start(says("Hello."))];
  const { output } = await first.client.responses.compact({ model, input: conversation });
  await expect(second.client.responses.create({ model, input: toInput(output) })).rejects.toMatchObject({
    status: 400,
    param: "input[0].encrypted_content",
  });
});

test("what this gateway encrypted for another credential, or as reasoning, is no compaction", async () => {
  const thinking = [thinks("Hm."), says("Hello.")];
  const { model: scripted } = createModelSequence([says("A summary.")], thinking, [says("Hello.")]);
  const gateway = await startTestGateway({ config, model: scripted });
  const { responses } = createOpenAIClient(gateway);
  const { output } = await responses.compact({ model, input: conversation });
  const ada = createOpenAIClient(gateway, { apiKey: await createKey(gateway, "ada") });
  const expectedError = { status: 400, param: "input[0].encrypted_content" };
  await expect(ada.responses.create({ model, input: toInput(output) })).rejects.toMatchObject(expectedError);

  const response = await responses.create({
    model,
    input: "hi",
    store: false,
    include: ["reasoning.encrypted_content"],
  });
  const [reasoning] = response.output;
  const encrypted_content = reasoning?.type === "reasoning" ? (reasoning.encrypted_content ?? "") : "";
  expect(encrypted_content).not.toBe("");
  const disguised = [{ type: "compaction" as const, encrypted_content }];
  await expect(responses.create({ model, input: disguised })).rejects.toMatchObject(expectedError);
});

test("a failure is logged with its cause under the id that the client received", async () => {
  const { client, log } = await start(fails("upstream_error", "It broke."));
  const error = await client.responses
    .compact({ model, input: conversation })
    .catch((thrown: unknown) => thrown);
  const { requestID } = error as APIError;
  expect(requestID).toMatch(/^req_/);
  const lines = log.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.filter(({ requestId }) => requestId === requestID)).toMatchObject([
    { level: "warn", message: "request failed", code: "upstream_error", status: 502 },
  ]);
});

test("a provider's error is returned, and the model is required", async () => {
  const { client } = await start(fails("rate_limit_exceeded", "Too many requests."));
  await expect(client.responses.compact({ model, input: conversation })).rejects.toMatchObject({
    status: 429,
  });
  const nameless = { input: conversation } as OpenAI.Responses.ResponseCompactParams;
  await expect(client.responses.compact(nameless)).rejects.toMatchObject({ status: 400, param: "model" });
});

test("a response of a session cannot be compacted or counted", async () => {
  const { client } = await start(says("Hello Ada."));
  const { id } = await client.responses.create({ model, input: "I am Ada.", user: "ada" });
  const expectedError = { status: 400, param: "previous_response_id" };
  const body = { model, previous_response_id: id };
  await expect(client.responses.compact(body)).rejects.toMatchObject(expectedError);
  await expect(client.responses.inputTokens.count(body)).rejects.toMatchObject(expectedError);
});

test("the count grows with everything that the model would read, and no model is called", async () => {
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
