import { expect, test } from "vitest";
import { createClient, outputText, type GatewayClient } from "../../clients/typescript/src/index.ts";
import { calls, fails, says, thinks } from "../../contracts/examples/script.ts";
import { startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { quickstart } from "../support/gateway/quickstart.ts";
import {
  createGatedModel,
  createScriptedModel,
  createModelSequence,
} from "../support/providers/scripted-model.ts";

const start = (options: Parameters<typeof startTestGateway>[0] = {}): Promise<TestGateway> =>
  startTestGateway({ config: quickstart, ...options });

const createTestClient = ({ url }: TestGateway): GatewayClient => createClient({ baseUrl: url, token });

const request = { model: "openclaw", input: "Say hello." };

test("a complete response, and its text", async () => {
  const model = createScriptedModel([thinks("Hm."), says("Hel"), says("lo.")]);
  const response = await createTestClient(await start({ model })).responses.create(request);

  expect(response).toMatchObject({ object: "response", status: "completed", usage: { total_tokens: 2 } });
  expect(response.output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
  expect(outputText(response)).toBe("Hello.");
});

test("the text of a response is the text of all its messages, or empty without one", async () => {
  const tools = [{ type: "function" as const, name: "now" }];
  const model = createScriptedModel([calls("call_1", "now", "{}")]);
  const calling = await createTestClient(await start({ model })).responses.create({ ...request, tools });
  const speaking = await createTestClient(await start()).responses.create({ ...request, input: "say hello" });

  expect(outputText(calling)).toBe("");
  expect(
    outputText({ ...speaking, output: [...speaking.output, ...calling.output, ...speaking.output] }),
  ).toBe("hellohello");
});

test("a tool loop continues with previous_response_id", async () => {
  const { model, modelCalls } = createModelSequence([calls("call_1", "now", "{}")], [says("Noon.")]);
  const { create } = createTestClient(await start({ model })).responses;
  const tools = [{ type: "function" as const, name: "now" }];
  const first = await create({ ...request, tools });
  const [call] = first.output;
  const call_id = call?.type === "function_call" ? call.call_id : "";
  const second = await create({
    model: "openclaw",
    previous_response_id: first.id,
    input: [{ type: "function_call_output", call_id, output: "12:00" }],
    tools,
  });

  expect(outputText(second)).toBe("Noon.");
  expect(modelCalls[1]?.turns.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
});

test("the options select the agent and the session", async () => {
  const lengths: number[] = [];
  const model = createScriptedModel([says("Hello.")], ({ turns }) => lengths.push(turns.length));
  const agents = { list: [{ id: "main" }, { id: "coder" }] };
  const { create } = createTestClient(await start({ model, config: { ...quickstart, agents } })).responses;

  await create(request, { agent: "coder", sessionKey: "notes" });
  const stream = await create(
    { ...request, input: "And again.", stream: true },
    { agent: "coder", sessionKey: "agent:coder:notes" },
  );
  await stream.text();

  expect(lengths).toEqual([1, 3]);
  expect(stream.agentId).toBe("coder");
  expect(stream.sessionKey).toBe("agent:coder:notes");
});

test("a response is retrieved as it was created, and does not exist after it is deleted", async () => {
  const { responses } = createTestClient(await start());
  const created = await responses.create(request);

  expect(await responses.retrieve(created.id)).toEqual(created);
  expect(await responses.delete(created.id)).toEqual({ id: created.id, object: "response", deleted: true });
  const notFound = { status: 404, code: "response_not_found", param: "response_id" };
  await expect(responses.retrieve(created.id)).rejects.toMatchObject(notFound);
  await expect(responses.delete(created.id)).rejects.toMatchObject(notFound);
});

test("an unknown id is 404 for every operation and with any characters", async () => {
  const { responses } = createTestClient(await start());
  for (const id of ["resp_none", "a/b?c#d%20:e"]) {
    const calls = [
      responses.retrieve(id),
      responses.retrieve(id, { stream: true, startingAfter: 3 }),
      responses.cancel(id),
      responses.delete(id),
      Array.fromAsync(responses.inputItems(id)),
    ];
    const rejection = {
      name: "GatewayRequestError",
      code: "response_not_found",
      message: `There is no stored response ${JSON.stringify(id)}.`,
    };
    await Promise.all(calls.map((call) => expect(call).rejects.toMatchObject(rejection)));
  }
});

test("a response that is not stored cannot be retrieved", async () => {
  const { responses } = createTestClient(await start());
  const { id } = await responses.create({ ...request, store: false });
  await expect(responses.retrieve(id)).rejects.toMatchObject({ code: "response_not_found" });
});

test("the input items iterate over all pages, in both orders, and request no unread page", async () => {
  const gateway = await start();
  const queries: string[] = [];
  const { responses } = createClient({
    baseUrl: gateway.url,
    token,
    fetch: (request) => {
      if (request.method === "GET") queries.push(new URL(request.url).search);
      return fetch(request);
    },
  });
  const words = ["one", "two", "three", "four", "five"];
  const input = words.map((content) => ({ role: "user" as const, content }));
  const { id } = await responses.create({ ...request, input });
  const read = (options?: Parameters<typeof responses.inputItems>[1]): Promise<readonly unknown[]> =>
    Array.fromAsync(responses.inputItems(id, options), (item) =>
      words.find((word) => JSON.stringify(item).includes(`"${word}"`)),
    );

  expect(await read({ order: "asc", limit: 2 })).toEqual(words);
  expect(queries).toEqual([
    "?order=asc&limit=2",
    expect.stringMatching(/^\?order=asc&after=msg_\w+&limit=2$/),
    expect.stringMatching(/^\?order=asc&after=msg_\w+&limit=2$/),
  ]);
  expect(await read()).toEqual(words.toReversed());
  for await (const item of responses.inputItems(id, { limit: 1 })) {
    expect(await read({ after: item.id })).toEqual(["four", "three", "two", "one"]);
    break;
  }
  expect(queries).toHaveLength(6);
  await expect(read({ after: "msg_none" })).rejects.toMatchObject({ code: "invalid_value", param: "after" });
});

test("a background response is returned at once, continues, and can be cancelled", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const { responses } = createTestClient(await start({ model }));
  const { id, status } = await responses.create({ ...request, background: true });
  expect(["queued", "in_progress"]).toContain(status);

  const run = await waitForCall();
  emit({ type: "text", text: "Hel" });
  const cancelled = await responses.cancel(id);
  expect(cancelled).toMatchObject({ id, status: "cancelled" });
  expect(run.signal.aborted).toBe(true);
  expect(await responses.cancel(id)).toEqual(cancelled);
});

test("only a background response can be cancelled", async () => {
  const { model, emit } = createGatedModel();
  const { responses } = createTestClient(await start({ model }));
  emit({ type: "text", text: "Hel" });
  for await (const event of await responses.create({ ...request, stream: true })) {
    if (event.type !== "response.created") continue;
    const failure = { status: 400, code: "invalid_value", param: "response_id" };
    await expect(responses.cancel(event.response.id)).rejects.toMatchObject(failure);
    break;
  }
});

test("a failed run rejects with the error of the gateway", async () => {
  const model = createScriptedModel([fails("upstream_error", "The model provider failed.")]);
  const failed = createTestClient(await start({ model })).responses.create(request);
  await expect(failed).rejects.toMatchObject({ status: 502, code: "upstream_error" });
});

test("an abort rejects with its reason and stops the run", async () => {
  const { model, waitForCall } = createGatedModel();
  const controller = new AbortController();
  const { responses } = createTestClient(await start({ model }));
  const creation = responses
    .create(request, { signal: controller.signal })
    .catch((thrown: unknown) => thrown);
  const run = await waitForCall();
  const reason = new Error("The user closed the window.");
  controller.abort(reason);

  expect(await creation).toBe(reason);
  await expect.poll(() => run.signal.aborted).toBe(true);
});

test("with a key the same request runs once, streamed or not; a different request is rejected", async () => {
  const { model, modelCalls } = createModelSequence([says("one")], [says("two")], [says("three")]);
  const { create } = createTestClient(await start({ model })).responses;
  const key = { idempotencyKey: "order-7" };
  const first = await create(request, key);
  expect(await create(request, key)).toEqual(first);

  const streamKey = { idempotencyKey: "order-8" };
  const streams = [];
  for (let i = 0; i < 2; i += 1) {
    streams.push(await Array.fromAsync(await create({ ...request, stream: true }, streamKey)));
  }
  expect(streams[1]).toEqual(streams[0]);
  expect(modelCalls).toHaveLength(2);
  await expect(create({ ...request, input: "Say more." }, key)).rejects.toMatchObject({
    status: 422,
    code: "idempotency_mismatch",
  });
});

test("a conversation is compacted, and the summary starts the next one", async () => {
  const { model, modelCalls } = createModelSequence([says("They said hello.")], [says("Hello again.")]);
  const { compact, create } = createTestClient(await start({ model })).responses;
  const { object, output } = await compact({ ...request, instructions: "Be short." });
  const next = await create({ model: "openclaw", input: [...output, { role: "user", content: "And now?" }] });

  expect(object).toBe("response.compaction");
  expect(outputText(next)).toBe("Hello again.");
  expect(JSON.stringify(modelCalls[1]?.turns)).toContain("They said hello.");
});

test("input tokens are counted for the named agent, without a run", async () => {
  const { model, modelCalls } = createModelSequence([says("Hello.")]);
  const agents = { list: [{ id: "main" }, { id: "lawyer", instructions: "Mind every word. ".repeat(100) }] };
  const { inputTokens } = createTestClient(
    await start({ model, config: { ...quickstart, agents } }),
  ).responses;
  const { input_tokens } = await inputTokens(request);

  expect(input_tokens).toBeGreaterThan(0);
  expect((await inputTokens(request, { agent: "lawyer" })).input_tokens).toBeGreaterThan(input_tokens + 100);
  expect(modelCalls).toEqual([]);
});

test("embeddings has one vector for each text", async () => {
  const { embeddings } = createTestClient(await start());
  const { data, usage } = await embeddings.create({ model: "openclaw", input: ["a cat", "a dog"] });

  expect(data.map(({ index }) => index)).toEqual([0, 1]);
  expect(data[0]?.embedding).not.toEqual(data[1]?.embedding);
  expect(usage.total_tokens).toBeGreaterThan(0);
  await expect(embeddings.create({ model: "openclaw:nobody", input: "a" })).rejects.toMatchObject({
    code: "model_not_found",
  });
});
