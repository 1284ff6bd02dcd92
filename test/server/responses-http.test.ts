import { expect, test } from "vitest";
import type { ResponseEvent } from "../../contracts/http/responses/events.ts";
import type { RunEvent } from "../../server/agent/types.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import { callEvent, endEvent, argumentsEvent, textEvent } from "../support/runs/response-events.ts";
import { validateStream } from "../support/runs/responses-grammar.ts";
import { startResponsesGateway } from "../support/gateway/responses-gateway.ts";
import { modelTurn } from "../support/runs/turns.ts";

const hello: readonly RunEvent[] = [{ type: "start" }, textEvent("Hel"), textEvent("lo."), endEvent];
const failedEnd: RunEvent = {
  type: "end",
  reason: "error",
  usage: undefined,
  error: new GatewayError("upstream_error", "It broke."),
};

/** The frames of a stream: their event names and their data. */
function parseFrames(body: string): readonly { readonly event: string | undefined; readonly data: string }[] {
  return body
    .split("\n\n")
    .filter((frame) => frame !== "")
    .map((frame) => {
      const [, event, data = ""] = /^(?:event: (.*)\n)?data: (.*)$/.exec(frame) ?? [];
      return { event, data };
    });
}

const parseEvents = (body: string): readonly ResponseEvent[] =>
  parseFrames(body)
    .filter(({ data }) => data !== "[DONE]")
    .map(({ data }) => JSON.parse(data) as ResponseEvent);

test("an unstreamed response has every field that the standard requires", async () => {
  const server = await startResponsesGateway({ runs: [() => hello] });
  const answer = await server.post({ model: "gpt-5", input: "hi" });
  const response = (await answer.json()) as Record<string, unknown>;
  const { id, created_at, completed_at, output, ...rest } = response;

  expect(answer.headers.get("x-openclaw-agent-id")).toBe("main");
  expect(id).toMatch(/^resp_/);
  expect([typeof created_at, typeof completed_at]).toEqual(["number", "number"]);
  expect(output).toMatchObject([{ type: "message", role: "assistant", content: [{ text: "Hello." }] }]);
  expect(rest).toEqual({
    object: "response",
    status: "completed",
    incomplete_details: null,
    model: "gpt-5",
    previous_response_id: null,
    instructions: null,
    error: null,
    tools: [],
    tool_choice: "auto",
    truncation: "disabled",
    parallel_tool_calls: true,
    text: { format: { type: "text" } },
    top_p: 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    top_logprobs: 0,
    temperature: 1,
    reasoning: null,
    usage: {
      input_tokens: 5,
      input_tokens_details: { cached_tokens: 1, cache_write_tokens: 0 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 12,
    },
    max_output_tokens: null,
    max_tool_calls: null,
    store: true,
    background: false,
    service_tier: "default",
    metadata: {},
    safety_identifier: null,
    prompt_cache_key: null,
  });
});

test("the fields of the request are echoed", async () => {
  const server = await startResponsesGateway({ runs: [() => hello] });
  const body = {
    model: "openclaw",
    instructions: "Be brief.",
    metadata: { a: "b" },
    temperature: 0.5,
    top_p: 0.9,
    max_output_tokens: 100,
    max_tool_calls: 3,
    parallel_tool_calls: false,
    reasoning: { effort: "low", summary: "auto" },
    truncation: "auto",
    user: "ada",
    prompt_cache_key: "k",
    store: false,
  };
  const schema = { type: "object" };
  const format = { type: "json_schema", name: "answer", schema, strict: true };
  const tools = [{ type: "function", function: { name: "look" } }, { type: "web_search" }];
  const allowed = { type: "allowed_tools", tools: [{ type: "function", name: "look" }] };
  const answer = await server.post({
    ...body,
    input: "hi",
    text: { format, verbosity: "low" },
    tools,
    tool_choice: allowed,
  });
  expect(await answer.json()).toMatchObject({
    ...body,
    text: { format: { ...format, description: null }, verbosity: "low" },
    tools: [{ type: "function", name: "look", description: null, parameters: null, strict: null }],
    tool_choice: { ...allowed, mode: "auto" },
  });
});

test("the name of an event is its type, and a stream ends with [DONE]", async () => {
  const server = await startResponsesGateway({ runs: [() => hello] });
  const answer = await server.post({ input: "hi", stream: true });
  const body = await answer.text();
  expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  for (const { event, data } of parseFrames(body).slice(0, -1))
    expect(event).toBe((JSON.parse(data) as ResponseEvent).type);
  expect(parseFrames(body).at(-1)).toEqual({ event: undefined, data: "[DONE]" });
  expect(validateStream(parseEvents(body))).toMatchObject({ status: "completed", model: "openclaw" });
});

test("a failure before the first event is an ordinary HTTP error, streamed or not", async () => {
  const server = await startResponsesGateway({ runs: [() => [{ type: "start" }, failedEnd]] });
  for (const stream of [false, true]) {
    const answer = await server.post({ input: "hi", stream });
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ error: { code: "upstream_error", message: "It broke." } });
  }
});

test("a later failure is the error event and the failed response, without [DONE]", async () => {
  const server = await startResponsesGateway({
    runs: [() => [{ type: "start" }, textEvent("Hel"), failedEnd]],
  });
  const body = await (await server.post({ input: "hi", stream: true })).text();
  expect(body).not.toContain("[DONE]");
  expect(parseEvents(body).slice(-2)).toMatchObject([
    { type: "error", code: "upstream_error" },
    { type: "response.failed", response: { status: "failed" } },
  ]);
  expect(validateStream(parseEvents(body)).output).toMatchObject([{ status: "incomplete" }]);
});

test("a failure after the headers and before the first event is a complete stream", async () => {
  const hasHeaders = Promise.withResolvers<void>();
  const slow = async function* (): AsyncGenerator<RunEvent> {
    await hasHeaders.promise;
    yield failedEnd;
  };
  const server = await startResponsesGateway({ runs: [slow], headersAfterMs: 10 });
  const answer = await server.post({ input: "hi", stream: true });
  expect(answer.status).toBe(200);
  hasHeaders.resolve();
  expect(parseEvents(await answer.text()).map(({ type }) => type)).toEqual([
    "response.created",
    "response.in_progress",
    "error",
    "response.failed",
  ]);
});

test("an error of a model names the field as the responses API does", async () => {
  const error = new GatewayError("unsupported_value", "No formats.", { param: "response_format" });
  const server = await startResponsesGateway({
    runs: [() => [{ type: "end", reason: "error", usage: undefined, error }]],
  });
  expect(await (await server.post({ input: "hi" })).json()).toMatchObject({
    error: { param: "text.format" },
  });
});

test("the request selects agent, session and model", async () => {
  const server = await startResponsesGateway({ runs: [() => hello] });
  const answer = await server.post(
    { model: "openclaw:coder", input: "hi", user: "ada" },
    {
      headers: {
        "x-openclaw-agent-id": "coder",
        "x-openclaw-session-key": "notes",
        "x-openclaw-model": "a/b",
      },
    },
  );
  expect(server.routes).toEqual([
    {
      surface: "responses",
      credential: "operator",
      agentId: "coder",
      model: "openclaw:coder",
      sessionKey: "notes",
      user: "ada",
      backendModel: "a/b",
      headers: expect.objectContaining({ "x-openclaw-model": "a/b" }) as object,
    },
  ]);
  expect(answer.headers.get("x-openclaw-session-key")).toBe("agent:coder:notes");
  expect(server.runs[0]).toMatchObject({ sessionKey: "agent:coder:notes", journal: undefined });
});

test("a session key together with a previous response is rejected", async () => {
  const server = await startResponsesGateway({ runs: [() => hello] });
  const headers = { "x-openclaw-session-key": "notes" };
  const answer = await server.post({ input: "hi", previous_response_id: "resp_1" }, { headers });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({
    error: { code: "invalid_value", param: "previous_response_id" },
  });
});

test("calls of the agent's own tools are items with the header only", async () => {
  const run: readonly RunEvent[] = [
    { type: "start" },
    { type: "tool_start", call: { id: "own", name: "read", arguments: "{}" } },
    { type: "tool_result", callId: "own", output: { content: [], isError: false } },
    textEvent("Done."),
    endEvent,
  ];
  const server = await startResponsesGateway({ runs: [() => run] });
  const typesWith = async (headers: Record<string, string>): Promise<unknown> => {
    const { output } = (await (await server.post({ input: "hi" }, { headers })).json()) as {
      output: { type: string }[];
    };
    return output.map(({ type }) => type);
  };
  expect(await typesWith({})).toEqual(["message"]);
  expect(await typesWith({ "x-openclaw-events": "tools" })).toEqual(["openclaw:tool_call", "message"]);
});

test("encrypted reasoning can be sent back, and is decrypted", async () => {
  const think: readonly RunEvent[] = [
    { type: "start" },
    { type: "thinking", text: "Hm." },
    textEvent("Yes."),
    endEvent,
  ];
  const server = await startResponsesGateway({ runs: [() => think] });
  const body = { input: "hi", store: false, include: ["reasoning.encrypted_content"] };
  const first = (await (await server.post(body)).json()) as {
    output: { type: string; encrypted_content?: string }[];
  };
  const [reasoning, message] = first.output;
  expect(reasoning?.encrypted_content).not.toContain("Hm.");
  const input = [{ role: "user", content: "hi" }, { ...reasoning, summary: [] }, message];
  await server.post({ input });
  expect(server.runs[1]?.turns[1]).toEqual({
    role: "assistant",
    content: [
      { type: "thinking", text: "Hm." },
      { type: "text", text: "Yes.", phase: "final_answer" },
    ],
  });
});

test("when the client disconnects, the run is aborted", async () => {
  const signals: AbortSignal[] = [];
  const server = await startResponsesGateway({
    runs: [
      async function* (run): AsyncGenerator<RunEvent> {
        signals.push(run.signal);
        yield { type: "start" };
        yield textEvent("Hel");
        await new Promise((resolve) => run.signal.addEventListener("abort", resolve));
        yield { type: "end", reason: "aborted", usage: undefined };
      },
    ],
  });
  const leave = new AbortController();
  const answer = await server.post({ input: "hi", stream: true }, { signal: leave.signal });
  const reader = answer.body?.getReader();
  await reader?.read();
  leave.abort();
  await expect.poll(() => signals[0]?.aborted).toBe(true);
});

test("a call ends the response, and its output refers to it by its id", async () => {
  const server = await startResponsesGateway({
    runs: [
      () => [
        { type: "start" },
        callEvent(0, "call_a", "look"),
        argumentsEvent(0, "{}"),
        { type: "end", reason: "tool_calls", usage: undefined },
      ],
      () => hello,
    ],
  });
  const tools = [{ type: "function", name: "look" }];
  const first = (await (await server.post({ input: "hi", tools })).json()) as { output: object[] };
  const output = { type: "function_call_output", call_id: "call_a", output: "a tree" };
  await server.post({ input: [{ role: "user", content: "hi" }, ...first.output, output], tools });
  expect(server.runs[1]?.turns.slice(1)).toMatchObject([
    modelTurn({ calls: [{ id: "call_a", name: "look", arguments: "{}" }] }),
    { role: "tool", callId: "call_a", content: [{ type: "text", text: "a tree" }] },
  ]);
  expect(server.runs[1]?.turnParams).toEqual(["input[0]", "input[1]", "input[2].call_id"]);
});
