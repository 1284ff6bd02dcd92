import type OpenAI from "openai";
import { expect, test } from "vitest";
import { ends, says, thinks } from "../../contracts/examples/script.ts";
import type { ModelStream, ModelCall } from "../../server/agent/types.ts";
import { chatConfig, startTestGateway } from "../support/gateway/gateway.ts";
import { createOpenAIClient, chatRequest } from "../support/clients/openai-client.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";
import { modelTurn } from "../support/runs/turns.ts";

const hello = [
  thinks("hm"),
  says("Hel"),
  says("lo."),
  ends({ input: 7, output: 5, cached: 3, reasoning: 2 }),
];
const usage = {
  prompt_tokens: 7,
  completion_tokens: 5,
  total_tokens: 12,
  prompt_tokens_details: { cached_tokens: 3, audio_tokens: 0, cache_write_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 2,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
};

test("an unstreamed reply has content, usage, a finish reason and the request id", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel(hello) });
  const answer = createOpenAIClient(gateway).chat.completions.create(chatRequest("hi"));
  const completion = await answer;
  const { response } = await answer.withResponse();

  expect(completion).toMatchObject({
    object: "chat.completion",
    model: "openclaw",
    choices: [
      { index: 0, message: { role: "assistant", content: "Hello.", refusal: null }, finish_reason: "stop" },
    ],
    usage,
  });
  expect(completion.id).toMatch(/^chatcmpl-/);
  expect(completion._request_id).toMatch(/^req_/);
  expect(response.headers.get("x-request-id")).toBe(completion._request_id);
});

test("a streamed reply has the same content in chunks", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel(hello) });
  const stream = await createOpenAIClient(gateway).chat.completions.create({
    ...chatRequest("hi"),
    stream: true,
  });
  const chunks = await Array.fromAsync(stream);

  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "")).toEqual(["", "", "Hel", "lo.", ""]);
  expect(chunks.map((chunk) => chunk.choices[0]?.finish_reason)).toEqual([null, null, null, null, "stop"]);
  expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
  expect(chunks.filter((chunk) => "usage" in chunk)).toEqual([]);
});

test("a stream with `include_usage` ends with the usage", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel(hello) });
  const stream = await createOpenAIClient(gateway).chat.completions.create({
    ...chatRequest("hi"),
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = await Array.fromAsync(stream);

  expect(chunks.at(-1)).toMatchObject({ choices: [], usage });
  expect(chunks.slice(0, -1).map((chunk) => chunk.usage)).toEqual([null, null, null, null, null]);
});

test("the stream helper emits deltas and assembles the reply", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel(hello) });
  const stream = createOpenAIClient(gateway).chat.completions.stream({
    ...chatRequest("hi"),
    stream_options: { include_usage: true },
  });
  const deltas: unknown[] = [];
  stream.on("content", (delta, snapshot) => deltas.push([delta, snapshot]));
  stream.on("finalChatCompletion", ({ choices }) => deltas.push(choices[0]?.finish_reason));

  expect(await stream.finalContent()).toBe("Hello.");
  expect(await stream.totalUsage()).toMatchObject({
    prompt_tokens: 7,
    completion_tokens: 5,
    total_tokens: 12,
  });
  expect(deltas).toEqual([["Hel", "Hel"], ["lo.", "Hello."], "stop"]);
});

test("thinking is sent next to the content, streamed or not", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel(hello) });
  const { completions } = createOpenAIClient(gateway).chat;
  const unstreamed = await completions.create({ ...chatRequest("hi"), reasoning_effort: "high" });
  const chunks = await Array.fromAsync(await completions.create({ ...chatRequest("hi"), stream: true }));

  expect(unstreamed.choices[0]?.message).toMatchObject({ content: "Hello.", reasoning_content: "hm" });
  expect(chunks[1]?.choices[0]?.delta).toEqual({ reasoning_content: "hm" });
});

test("the agents are models, listed and retrieved by any of their names", async () => {
  const config = { ...chatConfig, agents: { list: [{ id: "main" }, { id: "coder" }] } };
  const { models } = createOpenAIClient(await startTestGateway({ config }));
  const listed = await Array.fromAsync(models.list());

  expect(listed.map(({ id }) => id)).toEqual(["openclaw", "openclaw:main", "openclaw:coder"]);
  for (const id of ["openclaw", "openclaw:coder", "openclaw/coder"]) {
    expect(await models.retrieve(id)).toMatchObject({ id, object: "model", owned_by: "openclaw" });
  }
});

test("the model receives the conversation that was sent", async () => {
  const { model, seen } = listener();
  const gateway = await startTestGateway({ model });
  const messages: OpenAI.ChatCompletionMessageParam[] = [
    { role: "system", content: "Be brief." },
    { role: "developer", content: "Be kind." },
    { role: "user", content: "My name is Ada." },
    { role: "assistant", content: "Hello, Ada." },
    {
      role: "user",
      content: [
        { type: "text", text: "Who" },
        { type: "text", text: "am I?" },
      ],
    },
  ];
  await createOpenAIClient(gateway).chat.completions.create({ model: "openclaw", messages });

  expect(seen[0]?.system).toBe("Be brief.\n\nBe kind.");
  expect(seen[0]?.turns).toMatchObject([
    { role: "user", content: [{ type: "text", text: "My name is Ada." }] },
    modelTurn({ text: "Hello, Ada." }),
    { role: "user", content: [{ text: "Who" }, { text: "am I?" }] },
  ]);
});

test("images as data URLs reach the model, and their bytes determine the type", async () => {
  const { model, seen } = listener();
  const gateway = await startTestGateway({ model });
  const png = Buffer.from("\x89PNG\r\n\x1a\n and so on", "latin1").toString("base64");
  const url = `data:image/jpeg;base64,${png}`;
  await createOpenAIClient(gateway).chat.completions.create({
    model: "openclaw",
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image_url", image_url: { url, detail: "low" } },
        ],
      },
    ],
  });

  expect(seen[0]?.turns).toMatchObject([
    {
      content: [
        { text: "What is this?" },
        { type: "image", mediaType: "image/png", data: png, detail: "low" },
      ],
    },
  ]);
});

/** A model that records its calls. */
function listener(): { readonly model: ModelStream; readonly seen: readonly ModelCall[] } {
  const seen: ModelCall[] = [];
  // A copy, because the run appends its reply to the turns.
  const model = createScriptedModel([says("ok")], (call) => seen.push({ ...call, turns: [...call.turns] }));
  return { model, seen };
}
