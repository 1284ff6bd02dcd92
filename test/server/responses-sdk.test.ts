import { zodTextFormat } from "openai/helpers/zod";
import { expect, test } from "vitest";
import { z } from "zod";
import type { RunEvent } from "../../server/agent/types.ts";
import { GatewayError } from "../../server/errors.ts";
import { openaiClient } from "../support/openai-client.ts";
import { call, end, fragment, text, thinking } from "../support/responses.ts";
import { openResponsesDoor } from "../support/responses-door.ts";

const start: RunEvent = { type: "start" };
const calling: RunEvent = { type: "end", reason: "tool_calls", usage: undefined };
const tools = [{ type: "function" as const, name: "look", parameters: { type: "object" }, strict: false }];

test("create answers with the text, whole and streamed", async () => {
  const door = await openResponsesDoor({ runs: [() => [start, text("Hel"), text("lo."), end]] });
  const client = openaiClient(door);
  const whole = await client.responses.create({ model: "openclaw", input: "hi" });
  expect(whole.output_text).toBe("Hello.");
  const deltas: string[] = [];
  for await (const event of await client.responses.create({ model: "openclaw", input: "hi", stream: true }))
    if (event.type === "response.output_text.delta") deltas.push(event.delta);
  expect(deltas).toEqual(["Hel", "lo."]);
});

test("stream gathers thinking, text, calls and custom calls into the final response", async () => {
  const door = await openResponsesDoor({
    runs: [
      () => [
        start,
        thinking("Hm."),
        text("I look."),
        call(0, "call_a", "look"),
        fragment(0, '{"at":'),
        fragment(0, "1}"),
        call(1, "call_b", "shell"),
        fragment(1, '{"input":"ls"}'),
        calling,
      ],
    ],
  });
  const stream = openaiClient(door).responses.stream({
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
  const door = await openResponsesDoor({
    runs: [
      () => [
        start,
        { type: "tool_start", call: { id: "own", name: "read", arguments: "{}" } },
        { type: "tool_result", callId: "own", output: { content: [], isError: false } },
        text("Done."),
        end,
      ],
    ],
  });
  const client = openaiClient(door, { defaultHeaders: { "x-openclaw-events": "tools" } });
  const final = await client.responses.stream({ model: "openclaw", input: "hi" }).finalResponse();
  expect(final.output.map(({ type }) => type as string)).toEqual(["openclaw:tool_call", "message"]);
  expect(final.output_text).toBe("Done.");
});

test("parse reads the final answer, and no commentary", async () => {
  const door = await openResponsesDoor({
    runs: [
      () => [
        start,
        text("I look."),
        { type: "tool_start", call: { id: "own", name: "read", arguments: "{}" } },
        { type: "tool_result", callId: "own", output: { content: [], isError: false } },
        text('{"celsius":3}'),
        end,
      ],
    ],
  });
  const format = zodTextFormat(z.object({ celsius: z.number() }), "weather");
  const parsed = await openaiClient(door).responses.parse({
    model: "openclaw",
    input: "hi",
    text: { format },
  });
  expect(parsed.output_parsed).toEqual({ celsius: 3 });
  expect(door.runs[0]?.responseFormat).toMatchObject({ type: "json_schema", name: "weather", strict: true });
});

test("a loop over tools goes on by the id of the response before", async () => {
  const door = await openResponsesDoor({
    runs: [
      async function* (run): AsyncGenerator<RunEvent> {
        yield* [start, call(0, "call_a", "look"), fragment(0, "{}")];
        const turn = { id: "call_a", name: "look", arguments: "{}" };
        await run.journal?.add({ role: "assistant", text: "", calls: [turn] });
        yield calling;
      },
      () => [start, text("A tree."), end],
    ],
  });
  const client = openaiClient(door);
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
  expect(door.runs[1]?.turns).toMatchObject([
    { role: "user" },
    { role: "assistant", calls: [{ id: "call_a" }] },
    { role: "tool", callId: "call_a" },
  ]);
});

test("an incomplete response is no error; a failure is raised, before and within a stream", async () => {
  const error = new GatewayError("upstream_error", "It broke.");
  const broken: RunEvent = { type: "end", reason: "error", usage: undefined, error };
  const cut: RunEvent = { type: "end", reason: "length", usage: undefined };
  const asked = { model: "openclaw", input: "hi" };
  const client = async (...run: readonly RunEvent[]) =>
    openaiClient(await openResponsesDoor({ runs: [() => [start, ...run]] })).responses;

  const short = await (await client(text("Once"), cut)).stream(asked).finalResponse();
  expect(short).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
  await expect((await client(broken)).create(asked)).rejects.toMatchObject({ status: 502 });
  await expect((await client(text("Hel"), broken)).stream(asked).finalResponse()).rejects.toMatchObject({
    code: "upstream_error",
    message: expect.stringContaining("It broke.") as string,
  });
  const raw = await (await client(text("Hel"), broken)).create({ ...asked, stream: true });
  await expect(Array.fromAsync(raw)).rejects.toMatchObject({ code: "upstream_error" });
});
