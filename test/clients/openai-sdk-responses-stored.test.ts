import { BadRequestError, NotFoundError, type OpenAI } from "openai";
import { expect, test } from "vitest";
import { responsesOn, startTestGateway } from "../support/gateway.ts";
import { openaiClient, sentBack } from "../support/openai-client.ts";
import { outcomes } from "../support/run-log.ts";
import { finish, gatedModel } from "../support/scripted-model.ts";

// What `client.responses` does with a response that is kept.

const responsesOf = async (): Promise<OpenAI["responses"]> =>
  openaiClient(await startTestGateway({ config: responsesOn })).responses;
const asked = (input: string | OpenAI.Responses.ResponseInput) => ({ model: "openclaw", input });

test("a response is retrieved as it was answered, and deleted", async () => {
  const responses = await responsesOf();
  const made = await responses.create(asked("/think hm\n/length 3"));
  const { _request_id: _made, ...same } = made;
  expect(await responses.retrieve(made.id)).toMatchObject(same);

  await responses.delete(made.id);
  await expect(responses.retrieve(made.id)).rejects.toBeInstanceOf(NotFoundError);
  await expect(responses.delete(made.id)).rejects.toMatchObject({ code: "response_not_found" });
});

test("what was not to be stored is not found, whatever is asked", async () => {
  const responses = await responsesOf();
  const { id } = await responses.create({ ...asked("say hi"), store: false });
  for (const answer of [
    responses.retrieve(id),
    responses.retrieve(id, { stream: true }),
    responses.cancel(id),
    responses.delete(id),
    responses.inputItems.list(id),
  ])
    await expect(answer).rejects.toBeInstanceOf(NotFoundError);
});

test("a stream is told again with the same numbers, whole or from a number on", async () => {
  const responses = await responsesOf();
  const told = await Array.fromAsync(await responses.create({ ...asked("/length 3"), stream: true }));
  const id = told[0]?.type === "response.created" ? told[0].response.id : "";

  expect(await Array.fromAsync(await responses.retrieve(id, { stream: true }))).toEqual(told);
  const rest = await responses.retrieve(id, { stream: true, starting_after: 4 });
  expect(await Array.fromAsync(rest)).toEqual(told.slice(5));
  const helper = responses.stream({ response_id: id, starting_after: 4 });
  const numbers = (await Array.fromAsync(helper)).map(({ sequence_number }) => sequence_number);
  expect(numbers).toEqual(told.slice(5).map(({ sequence_number }) => sequence_number));
  expect((await helper.finalResponse()).output_text).toBe("1 2 3");
});

test("a background response is polled to its end, or cancelled, which ends its run", async () => {
  const gated = gatedModel();
  const gateway = await startTestGateway({ model: gated.model, config: responsesOn });
  const { responses } = openaiClient(gateway);
  const first = await responses.create({ ...asked("hi"), background: true });
  expect(["queued", "in_progress"]).toContain(first.status);
  gated.give({ type: "text", text: "Hello." });
  gated.give(finish);
  await expect.poll(async () => (await responses.retrieve(first.id)).status).toBe("completed");
  expect((await responses.retrieve(first.id)).output_text).toBe("Hello.");

  const second = await responses.create({ ...asked("hi"), background: true });
  await expect.poll(async () => (await responses.retrieve(second.id)).status).toBe("in_progress");
  expect(await responses.cancel(second.id)).toMatchObject({ id: second.id, status: "cancelled" });
  expect(await responses.retrieve(second.id)).toMatchObject({ status: "cancelled", error: null });
  await expect.poll(() => outcomes(gateway.log)).toEqual(["stop", "aborted"]);
});

test("the items of its input come page by page, in either order, each with an id", async () => {
  const responses = await responsesOf();
  const { id } = await responses.create(
    asked([
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
  const first = await responses.create(asked("My name is Ada."));
  const [question] = await Array.fromAsync(responses.inputItems.list(first.id));
  const id = question && "id" in question ? (question.id ?? "") : "";
  const again = await responses.create(
    asked([
      { type: "item_reference", id },
      { type: "item_reference", id: first.output[0]?.id ?? "" },
      { role: "user", content: "What is my name?" },
    ]),
  );
  expect(again.output_text).toBe("Your name is Ada.");
});

test("a conversation is compacted, and goes on from what that answered", async () => {
  const responses = await responsesOf();
  const first = await responses.create(asked("say one"));
  const { object, output, usage } = await responses.compact({
    model: "openclaw",
    previous_response_id: first.id,
  });
  expect(object).toBe("response.compaction");
  expect(output).toMatchObject([{ type: "compaction", encrypted_content: expect.stringMatching(/./) }]);
  expect(usage.total_tokens).toBe(usage.input_tokens + usage.output_tokens);
  const next = await responses.create(asked([...sentBack(output), { role: "user", content: "say two" }]));
  expect(next.output_text).toBe("two");

  const forged = { type: "compaction" as const, encrypted_content: "made up" };
  const refused = responses.create(asked([forged, { role: "user", content: "say two" }]));
  await expect(refused).rejects.toBeInstanceOf(BadRequestError);
});

test("input tokens are counted, those of the response before included", async () => {
  const responses = await responsesOf();
  const short = await responses.inputTokens.count(asked("hi"));
  const { id } = await responses.create(asked("word ".repeat(200)));
  const continued = await responses.inputTokens.count({ ...asked("hi"), previous_response_id: id });

  expect(short).toMatchObject({ object: "response.input_tokens" });
  expect(continued.input_tokens).toBeGreaterThan(short.input_tokens + 150);
});
