import { zodTextFormat } from "openai/helpers/zod";
import { expect, test } from "vitest";
import { z } from "zod";
import type { RunEvent } from "../../server/agent/types.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import {
  callEvent,
  endEvent,
  argumentsEvent,
  textEvent,
  thinkingEvent,
} from "../support/runs/response-events.ts";
import { startResponsesGateway } from "../support/gateway/responses-gateway.ts";
import { modelTurn } from "../support/runs/turns.ts";

const start: RunEvent = { type: "start" };
const toolCallsEnd: RunEvent = { type: "end", reason: "tool_calls", usage: undefined };
const tools = [{ type: "function" as const, name: "look", parameters: { type: "object" }, strict: false }];

test("create returns the text, unstreamed and streamed", async () => {
  const server = await startResponsesGateway({
    runs: [() => [start, textEvent("Hel"), textEvent("lo."), endEvent]],
  });
  const client = createOpenAIClient(server);
  const response = await client.responses.create({ model: "openclaw", input: "hi" });
  expect(response.output_text).toBe("Hello.");
  const deltas: string[] = [];
  for await (const event of await client.responses.create({ model: "openclaw", input: "hi", stream: true }))
    if (event.type === "response.output_text.delta") deltas.push(event.delta);
  expect(deltas).toEqual(["Hel", "lo."]);
});

test("stream collects reasoning, text, calls and custom calls into the final response", async () => {
  const server = await startResponsesGateway({
    runs: [
      () => [
        start,
        thinkingEvent("Hm."),
        textEvent("I look."),
        callEvent(0, "call_a", "look"),
        argumentsEvent(0, '{"at":'),
        argumentsEvent(0, "1}"),
        callEvent(1, "call_b", "shell"),
        argumentsEvent(1, '{"input":"ls"}'),
        toolCallsEnd,
      ],
    ],
  });
  const stream = createOpenAIClient(server).responses.stream({
    model: "openclaw",
    input: "hi",
    tools: [...tools, { type: "custom", name: "shell" }],
  });
  const snapshots: string[] = [];
  stream.on("response.function_call_arguments.delta", ({ snapshot }) => snapshots.push(snapshot));
  const final = await stream.finalResponse();
  expect(snapshots).toEqual(['{"at":', '{"at":1}']);
  expect(final.output).toMatchObject([
    { type: "reasoning", summary: [{ text: "Hm." }] },
    { type: "message", phase: "commentary", content: [{ text: "I look." }] },
    { type: "function_call", call_id: "call_a", name: "look", arguments: '{"at":1}' },
    { type: "custom_tool_call", call_id: "call_b", name: "shell", input: "ls" },
  ]);
});

test("the items of the agent's own tools do not disturb the helper", async () => {
  const server = await startResponsesGateway({
    runs: [
      () => [
        start,
        { type: "tool_start", call: { id: "own", name: "read", arguments: "{}" } },
        { type: "tool_result", callId: "own", output: { content: [], isError: false } },
        textEvent("Done."),
        endEvent,
      ],
    ],
  });
  const client = createOpenAIClient(server, { defaultHeaders: { "x-openclaw-events": "tools" } });
  const final = await client.responses.stream({ model: "openclaw", input: "hi" }).finalResponse();
  expect(final.output.map(({ type }) => type as string)).toEqual(["openclaw:tool_call", "message"]);
  expect(final.output_text).toBe("Done.");
});

test("parse reads the final answer, and no commentary", async () => {
  const server = await startResponsesGateway({
    runs: [
      () => [
        start,
        textEvent("I look."),
        { type: "tool_start", call: { id: "own", name: "read", arguments: "{}" } },
        { type: "tool_result", callId: "own", output: { content: [], isError: false } },
        textEvent('{"celsius":3}'),
        endEvent,
      ],
    ],
  });
  const format = zodTextFormat(z.object({ celsius: z.number() }), "weather");
  const parsed = await createOpenAIClient(server).responses.parse({
    model: "openclaw",
    input: "hi",
    text: { format },
  });
  expect(parsed.output_parsed).toEqual({ celsius: 3 });
  expect(server.runs[0]?.responseFormat).toMatchObject({
    type: "json_schema",
    name: "weather",
    strict: true,
  });
});

test("a tool loop continues by the id of the previous response", async () => {
  const server = await startResponsesGateway({
    runs: [
      async function* (run): AsyncGenerator<RunEvent> {
        yield* [start, callEvent(0, "call_a", "look"), argumentsEvent(0, "{}")];
        const turn = { id: "call_a", name: "look", arguments: "{}" };
        await run.journal?.add(modelTurn({ calls: [turn] }));
        yield toolCallsEnd;
      },
      () => [start, textEvent("A tree."), endEvent],
    ],
  });
  const client = createOpenAIClient(server);
  const first = await client.responses.create({ model: "openclaw", input: "What is there?", tools });
  const [item] = first.output;
  const call_id = item?.type === "function_call" ? item.call_id : "";
  const second = await client.responses.create({
    model: "openclaw",
    previous_response_id: first.id,
    input: [{ type: "function_call_output", call_id, output: "a tree" }],
    tools,
  });
  expect(second.output_text).toBe("A tree.");
  expect(server.runs[1]?.turns).toMatchObject([
    { role: "user" },
    { role: "assistant", content: [{ type: "tool_call", id: "call_a" }] },
    { role: "tool", callId: "call_a" },
  ]);
});

test("an incomplete response is no error; a failure is thrown before and during a stream", async () => {
  const error = new GatewayError("upstream_error", "It broke.");
  const failedEnd: RunEvent = { type: "end", reason: "error", usage: undefined, error };
  const lengthEnd: RunEvent = { type: "end", reason: "length", usage: undefined };
  const body = { model: "openclaw", input: "hi" };
  const client = async (...run: readonly RunEvent[]) =>
    createOpenAIClient(await startResponsesGateway({ runs: [() => [start, ...run]] })).responses;

  const incomplete = await (await client(textEvent("Once"), lengthEnd)).stream(body).finalResponse();
  expect(incomplete).toMatchObject({
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
  });
  await expect((await client(failedEnd)).create(body)).rejects.toMatchObject({ status: 502 });
  await expect(
    (await client(textEvent("Hel"), failedEnd)).stream(body).finalResponse(),
  ).rejects.toMatchObject({
    code: "upstream_error",
    message: expect.stringContaining("It broke.") as string,
  });
  const raw = await (await client(textEvent("Hel"), failedEnd)).create({ ...body, stream: true });
  await expect(Array.fromAsync(raw)).rejects.toMatchObject({ code: "upstream_error" });
});
