import { BadRequestError, NotFoundError, type OpenAI } from "openai";
import { expect, test } from "vitest";
import { responsesConfig, startTestGateway } from "../support/gateway/gateway.ts";
import { createOpenAIClient, asInput } from "../support/clients/openai-client.ts";
import { readOutcomes } from "../support/gateway/run-log.ts";
import { finishEvent, createGatedModel } from "../support/providers/scripted-model.ts";

// Stored responses with `client.responses`.

const responsesOf = async (): Promise<OpenAI["responses"]> =>
  createOpenAIClient(await startTestGateway({ config: responsesConfig })).responses;
const createBody = (input: string | OpenAI.Responses.ResponseInput) => ({ model: "openclaw", input });

test("a response is retrieved as it was returned, and deleted", async () => {
  const responses = await responsesOf();
  const created = await responses.create(createBody("/think hm\n/length 3"));
  const { _request_id: _made, ...same } = created;
  expect(await responses.retrieve(created.id)).toMatchObject(same);

  await responses.delete(created.id);
  await expect(responses.retrieve(created.id)).rejects.toBeInstanceOf(NotFoundError);
  await expect(responses.delete(created.id)).rejects.toMatchObject({ code: "response_not_found" });
});

test("a response that was not stored is not found by any method", async () => {
  const responses = await responsesOf();
  const { id } = await responses.create({ ...createBody("say hi"), store: false });
  const answers = [
    responses.retrieve(id),
    responses.retrieve(id, { stream: true }),
    responses.cancel(id),
    responses.delete(id),
    responses.inputItems.list(id),
  ];
  await Promise.all(answers.map((answer) => expect(answer).rejects.toBeInstanceOf(NotFoundError)));
});

test.each([true, false])(
  "a stream is sent again, from the start or from a number on; background: %s",
  async (background) => {
    const responses = await responsesOf();
    const events = await Array.fromAsync(
      await responses.create({ ...createBody("/length 3"), background, stream: true }),
    );
    const id = events[0]?.type === "response.created" ? events[0].response.id : "";

    const again = await Array.fromAsync(await responses.retrieve(id, { stream: true }));
    // Events of a foreground response are built anew: its text is one delta.
    if (background) expect(again).toEqual(events);
    else expect(again.map(({ type }) => type)).toEqual([...new Set(events.map(({ type }) => type))]);
    expect(again.at(-1)).toMatchObject({ type: "response.completed", response: { id, status: "completed" } });
    const rest = await responses.retrieve(id, { stream: true, starting_after: 4 });
    expect(await Array.fromAsync(rest)).toEqual(again.slice(5));
    const helper = responses.stream({ response_id: id, starting_after: 4 });
    const numbers = (await Array.fromAsync(helper)).map(({ sequence_number }) => sequence_number);
    expect(numbers).toEqual(again.slice(5).map(({ sequence_number }) => sequence_number));
    expect((await helper.finalResponse()).output_text).toBe("1 2 3");
  },
);

test("a background response is polled to its end, or cancelled, which ends its run", async () => {
  const gated = createGatedModel();
  const gateway = await startTestGateway({ model: gated.model, config: responsesConfig });
  const { responses } = createOpenAIClient(gateway);
  const first = await responses.create({ ...createBody("hi"), background: true });
  expect(["queued", "in_progress"]).toContain(first.status);
  gated.emit({ type: "text", text: "Hello." });
  gated.emit(finishEvent);
  await expect.poll(async () => (await responses.retrieve(first.id)).status).toBe("completed");
  expect((await responses.retrieve(first.id)).output_text).toBe("Hello.");

  const second = await responses.create({ ...createBody("hi"), background: true });
  await expect.poll(async () => (await responses.retrieve(second.id)).status).toBe("in_progress");
  expect(await responses.cancel(second.id)).toMatchObject({ id: second.id, status: "cancelled" });
  expect(await responses.retrieve(second.id)).toMatchObject({ status: "cancelled", error: null });
  await expect.poll(() => readOutcomes(gateway.log)).toEqual(["stop", "aborted"]);
});

test("input items are listed in pages, in either order, each with an id", async () => {
  const responses = await responsesOf();
  const { id } = await responses.create(
    createBody([
      { role: "system", content: "Be brief." },
      { role: "user", content: "What is there?" },
      { type: "function_call", call_id: "call_a", name: "look", arguments: "{}" },
      { type: "function_call_output", call_id: "call_a", output: "a tree" },
      { role: "assistant", content: "A tree." },
      { role: "user", content: "say bye" },
    ]),
  );
  const list = responses.inputItems.list(id, { order: "asc", limit: 4 });
  const page = await list;
  expect([page.data.length, page.has_more]).toEqual([4, true]);
  const items = await Array.fromAsync(list);
  expect(items).toMatchObject([
    { type: "message", role: "system", content: [{ type: "input_text", text: "Be brief." }] },
    { type: "message", role: "user" },
    { type: "function_call", call_id: "call_a" },
    { type: "function_call_output", call_id: "call_a", output: "a tree" },
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "A tree." }] },
    { type: "message", role: "user", content: [{ text: "say bye" }] },
  ]);
  const newestFirst = await Array.fromAsync(responses.inputItems.list(id, { limit: 1 }));
  expect(newestFirst).toEqual(items.toReversed());
});

test("an item is sent again by its id alone", async () => {
  const responses = await responsesOf();
  const first = await responses.create(createBody("My name is Ada."));
  const [question] = await Array.fromAsync(responses.inputItems.list(first.id));
  const id = question && "id" in question ? (question.id ?? "") : "";
  const second = await responses.create(
    createBody([
      { type: "item_reference", id },
      { type: "item_reference", id: first.output[0]?.id ?? "" },
      { role: "user", content: "What is my name?" },
    ]),
  );
  expect(second.output_text).toBe("Your name is Ada.");
});

test("a conversation is compacted, and continues from the result", async () => {
  const responses = await responsesOf();
  const first = await responses.create(createBody("say one"));
  const { object, output, usage } = await responses.compact({
    model: "openclaw",
    previous_response_id: first.id,
  });
  expect(object).toBe("response.compaction");
  expect(output).toMatchObject([{ type: "compaction", encrypted_content: expect.stringMatching(/./) }]);
  expect(usage.total_tokens).toBe(usage.input_tokens + usage.output_tokens);
  const next = await responses.create(createBody([...asInput(output), { role: "user", content: "say two" }]));
  expect(next.output_text).toBe("two");

  const forged = { type: "compaction" as const, encrypted_content: "made up" };
  const rejected = responses.create(createBody([forged, { role: "user", content: "say two" }]));
  await expect(rejected).rejects.toBeInstanceOf(BadRequestError);
});

test("input tokens are counted, including those of the previous response", async () => {
  const responses = await responsesOf();
  const single = await responses.inputTokens.count(createBody("hi"));
  const { id } = await responses.create(createBody("word ".repeat(200)));
  const continued = await responses.inputTokens.count({ ...createBody("hi"), previous_response_id: id });

  expect(single).toMatchObject({ object: "response.input_tokens" });
  expect(continued.input_tokens).toBeGreaterThan(single.input_tokens + 150);
});
