import { BadRequestError, InternalServerError, NotFoundError, RateLimitError, type OpenAI } from "openai";
import { expect, test } from "vitest";
import { ends, fails, refuses, says, thinks, type ScriptStep } from "../../contracts/examples/script.ts";
import type { ModelCall } from "../../server/agent/types.ts";
import { responsesConfig, startTestGateway } from "../support/gateway/gateway.ts";
import { png } from "../support/tools/mcp-tools.ts";
import { createOpenAIClient, asInput } from "../support/clients/openai-client.ts";
import { createTextPdf } from "../support/documents/pdf.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import { modelTurn } from "../support/runs/turns.ts";

// `client.responses.create` and `stream` against the whole gateway: the request, the model call, the response.

const hello = [
  thinks("hm"),
  says("Hel"),
  says("lo."),
  ends({ input: 7, output: 5, cached: 3, reasoning: 2 }),
];
const baseBody = { model: "openclaw", input: "hi" };

interface TestClient {
  readonly responses: OpenAI["responses"];
  /** The calls that the model received. */
  readonly seen: readonly ModelCall[];
}

/** Starts a gateway whose model plays one script for each call. */
async function startWithScripts(...scripts: readonly (readonly ScriptStep[])[]): Promise<TestClient> {
  const { model, modelCalls } = createModelSequence(...scripts);
  const { responses } = createOpenAIClient(await startTestGateway({ model, config: responsesConfig }));
  return { responses, seen: modelCalls };
}

test("an unstreamed response has text, a reasoning summary, usage and the request id", async () => {
  const { responses } = await startWithScripts(hello);
  const answer = responses.create({ ...baseBody, instructions: "Be brief.", metadata: { for: "a test" } });
  const response = await answer;

  expect(response).toMatchObject({
    object: "response",
    status: "completed",
    model: "openclaw",
    output_text: "Hello.",
    instructions: "Be brief.",
    metadata: { for: "a test" },
    usage: {
      input_tokens: 7,
      input_tokens_details: { cached_tokens: 3 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 12,
    },
  });
  expect(response.output).toMatchObject([
    { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
    { type: "message", role: "assistant", status: "completed", content: [{ text: "Hello." }] },
  ]);
  expect(response._request_id).toMatch(/^req_/);
  expect((await answer.asResponse()).headers.get("x-request-id")).toBe(response._request_id);
});

test("the events of a stream add up to the response", async () => {
  const { responses } = await startWithScripts(hello);
  const events = await Array.fromAsync(await responses.create({ ...baseBody, stream: true }));
  const last = events.at(-1);
  const deltas = events.flatMap((event) =>
    event.type === "response.output_text.delta" ? [event.delta] : [],
  );

  expect(deltas).toEqual(["Hel", "lo."]);
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
  if (last?.type !== "response.completed") throw new Error(`the last event is ${last?.type}`);
  const stored = await responses.retrieve(last.response.id);
  expect(stored).toMatchObject(last.response);
  expect(stored.output_text).toBe("Hello.");
});

test("the stream helper emits text and reasoning, and collects the final response", async () => {
  const { responses } = await startWithScripts(hello);
  const stream = responses.stream(baseBody);
  const events: unknown[] = [];
  stream.on("response.reasoning_summary_text.delta", ({ delta }) => events.push(["thinks", delta]));
  stream.on("response.output_text.delta", ({ delta, snapshot }) => events.push([delta, snapshot]));
  const final = await stream.finalResponse();

  expect(events).toEqual([
    ["thinks", "hm"],
    ["Hel", "Hel"],
    ["lo.", "Hello."],
  ]);
  expect(final).toMatchObject({ status: "completed", output_text: "Hello.", usage: { total_tokens: 12 } });
});

test("a refusal is a refusal part, unstreamed and streamed", async () => {
  const { responses } = await startWithScripts([refuses("No.")]);
  const refusal = [{ type: "message", content: [{ type: "refusal", refusal: "No." }] }];

  expect((await responses.create(baseBody)).output).toMatchObject(refusal);
  expect((await responses.stream(baseBody).finalResponse()).output).toMatchObject(refusal);
});

test("items of every type become the conversation that the model sees", async () => {
  const { responses, seen } = await startWithScripts([says("ok")]);
  await responses.create({
    model: "openclaw",
    instructions: "Be brief.",
    input: [
      { role: "developer", content: "Be kind." },
      { role: "user", content: "What is there?" },
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "I look." }] },
      { type: "function_call", call_id: "call_a", name: "look", arguments: "{}" },
      { type: "function_call_output", call_id: "call_a", output: "a tree" },
      { role: "assistant", content: "A tree." },
      { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "x" } },
      { type: "message", role: "user", content: [{ type: "input_text", text: "What kind?" }] },
    ],
  });

  expect(seen[0]?.system).toBe("Be brief.\n\nBe kind.");
  expect(seen[0]?.turns).toMatchObject([
    { role: "user", content: [{ text: "What is there?" }] },
    modelTurn({ thinking: "I look.", calls: [{ id: "call_a", name: "look", arguments: "{}" }] }),
    { role: "tool", callId: "call_a", content: [{ text: "a tree" }] },
    modelTurn({ text: "A tree." }),
    { role: "user", content: [{ text: "What kind?" }] },
  ]);
});

test("images and files reach the model, a PDF as its text", async () => {
  const { responses, seen } = await startWithScripts([says("ok")]);
  const pdf = createTextPdf([`Bill\n${"42 crowns, please.\n".repeat(20)}`]).toString("base64");
  await responses.create({
    model: "openclaw",
    input: [
      {
        role: "user",
        content: [
          { type: "input_text", text: "What are these?" },
          { type: "input_image", image_url: `data:image/png;base64,${png}`, detail: "low" },
          { type: "input_file", filename: "bill.pdf", file_data: `data:application/pdf;base64,${pdf}` },
        ],
      },
    ],
  });

  expect(seen[0]?.turns).toMatchObject([
    {
      content: [
        { text: "What are these?" },
        { type: "image", mediaType: "image/png", data: png, detail: "low" },
        { type: "text", text: expect.stringMatching(/bill\.pdf[^]*42 crowns/) as string },
      ],
    },
  ]);
});

test("a chain of three is one conversation: developer messages stay in force, `instructions` do not", async () => {
  const { responses, seen } = await startWithScripts([says("one")], [says("two")], [says("three")]);
  const input = [
    { role: "developer" as const, content: "Be kind." },
    { role: "user" as const, content: "1" },
  ];
  const first = await responses.create({ ...baseBody, input, instructions: "Count." });
  const second = await responses.create({ ...baseBody, input: "2", previous_response_id: first.id });
  const third = await responses
    .stream({ ...baseBody, input: "3", previous_response_id: second.id })
    .finalResponse();

  expect(third).toMatchObject({ previous_response_id: second.id, output_text: "three" });
  expect(seen.map(({ system }) => system)).toEqual(["Count.\n\nBe kind.", "Be kind.", "Be kind."]);
  expect(seen[2]?.turns).toMatchObject([
    { role: "user", content: [{ text: "1" }] },
    modelTurn({ text: "one" }),
    { role: "user", content: [{ text: "2" }] },
    modelTurn({ text: "two" }),
    { role: "user", content: [{ text: "3" }] },
  ]);
});

test("encrypted reasoning goes to the client and back when nothing is stored", async () => {
  const { responses, seen } = await startWithScripts(hello);
  const first = await responses.create({
    ...baseBody,
    store: false,
    include: ["reasoning.encrypted_content"],
  });
  const [thinking] = first.output;
  if (thinking?.type !== "reasoning") throw new Error("no thinking");
  const { encrypted_content = null, id } = thinking;
  expect(encrypted_content).toMatch(/^[\w-]{40,}$/);

  const encryptedItem = { type: "reasoning" as const, id, summary: [], encrypted_content };
  const previousOutput = asInput(first.output.slice(1));
  const message = { role: "user" as const, content: "hi" };
  await responses.create({
    ...baseBody,
    input: [message, encryptedItem, ...previousOutput, message],
    store: false,
  });
  expect(seen[1]?.turns[1]).toMatchObject(modelTurn({ thinking: "hm", text: "Hello." }));
});

test("errors have the classes and the fields that programs check", async () => {
  const { responses } = await startWithScripts([fails("rate_limit_exceeded", "Too fast.")]);
  const getError = async (body: object): Promise<unknown> =>
    responses.create({ ...baseBody, ...body }).catch((thrown: unknown) => thrown);
  const unknown = { previous_response_id: "resp_none" };

  for (const [body, type, fields] of [
    [{ input: 42 }, BadRequestError, { status: 400, param: "input", code: "invalid_type" }],
    [{ top_logprobs: 2 }, BadRequestError, { param: "top_logprobs", code: "unsupported_value" }],
    [unknown, BadRequestError, { param: "previous_response_id", code: "previous_response_not_found" }],
    [{ model: "openclaw:nobody" }, NotFoundError, { status: 404, param: "model", code: "model_not_found" }],
    [{}, RateLimitError, { status: 429, code: "rate_limit_exceeded", type: "rate_limit_error" }],
  ] as const) {
    const error = await getError(body);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ ...fields, requestID: expect.stringMatching(/^req_/) as string });
  }
});

test("a failure before the first event is an ordinary error, and a later one is thrown by the stream", async () => {
  const { responses } = await startWithScripts(
    [fails("upstream_auth", "Locked.")],
    [says("one"), fails("upstream_error", "It broke.")],
  );
  const early = await responses.create({ ...baseBody, stream: true }).catch((thrown: unknown) => thrown);
  expect(early).toBeInstanceOf(InternalServerError);
  expect(early).toMatchObject({ status: 502, code: "upstream_auth" });

  const deltas: string[] = [];
  const stream = responses
    .stream(baseBody)
    .on("response.output_text.delta", ({ delta }) => deltas.push(delta));
  await expect(stream.finalResponse()).rejects.toMatchObject({
    code: "upstream_error",
    type: "server_error",
  });
  expect(deltas).toEqual(["one"]);
});
