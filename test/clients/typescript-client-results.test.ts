/** What calls of the typed client resolve to besides the reply: request ids, responses, pages, and parsed output. */
import { expect, test } from "vitest";
import { z } from "zod";
import {
  createClient,
  responseFormat,
  textFormat,
  type StandardSchema,
} from "../../clients/typescript/src/index.ts";
import { calls, ends, says, type ScriptStep } from "../../contracts/examples/script.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { quickstart } from "../support/gateway/quickstart.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";

const body = { model: "openclaw", messages: [{ role: "user" as const, content: "Say hello." }] };

async function startClient(...steps: readonly ScriptStep[]): Promise<ReturnType<typeof createClient>> {
  const { url } = await startTestGateway(steps.length > 0 ? { model: createScriptedModel(steps) } : {});
  return createClient({ baseUrl: url, token, headers: { "x-request-id": "mine" }, maxRetries: 0 });
}

test("every result has the id of its request, which copies and JSON do not have", async () => {
  const client = await startClient(says("Hello."));
  const completion = await client.chat.completions.create(body, { sessionKey: "a" });
  const results = [
    completion,
    await client.models.list(),
    await client.models.retrieve("openclaw"),
    await client.sessions.list(),
    await client.sessions.history("a"),
    await client.sessions.reset("a"),
    await client.sessions.delete("a"),
    await client.health(),
    await client.ready(),
  ];
  expect(results.map(({ _request_id: id }) => id)).toEqual(results.map(() => "mine"));
  expect(JSON.stringify(results)).not.toContain("mine");
  expect({ ...completion }).not.toHaveProperty("_request_id");
});

test("withResponse resolves to the result and its response, also for a stream", async () => {
  const client = await startClient(says("Hello."));
  const reply = await client.chat.completions.create(body, { sessionKey: "a" }).withResponse();
  expect(reply.data.choices[0]?.message.content).toBe("Hello.");
  expect(reply.response.headers.get("x-openclaw-session-key")).toBe("agent:main:a");
  expect(reply.request_id).toBe("mine");

  const streamed = await client.chat.completions.create({ ...body, stream: true }).withResponse();
  expect(streamed.response.headers.get("content-type")).toContain("text/event-stream");
  expect(await streamed.data.text()).toBe("Hello.");
});

test("withResponse rejects as the call does, and nothing is left unhandled", async () => {
  const client = await startClient();
  // Vitest fails on an unhandled rejection.
  await expect(client.models.retrieve("openclaw:nobody").withResponse()).rejects.toMatchObject({
    code: "model_not_found",
    requestId: "mine",
  });
});

test("a page has the fields of the reply and leads to the next page", async () => {
  const client = await startClient(says("Hello."));
  for (const sessionKey of ["one", "two", "three"])
    await client.chat.completions.create(body, { sessionKey });

  const first = await client.sessions.list({ limit: 2 });
  expect(first.sessions).toHaveLength(2);
  expect(Object.keys(first)).toEqual(["ok", "sessions", "nextCursor"]);
  expect(first.hasNextPage()).toBe(true);
  const second = await first.getNextPage();
  expect(second.sessions).toHaveLength(1);
  expect(second.hasNextPage()).toBe(false);
  await expect(second.getNextPage()).rejects.toThrow("hasNextPage()");

  const sizes: number[] = [];
  for await (const page of first.iterPages()) sizes.push(page.sessions.length);
  expect(sizes).toEqual([2, 1]);
  expect(await Array.fromAsync(first, ({ sessionKey }) => sessionKey)).toHaveLength(3);
  const { data } = await client.sessions.list({ limit: 1 }).withResponse();
  expect(data.hasNextPage()).toBe(true);
});

test("a loop over a history goes from the newest message to the oldest, page by page", async () => {
  const client = await startClient(says("Hello."));
  for (const content of ["one", "two"])
    await client.chat.completions.create(
      { ...body, messages: [{ role: "user", content }] },
      { sessionKey: "a" },
    );
  const texts: (string | undefined)[] = [];
  for await (const { content } of client.sessions.history("a", { limit: 3 })) {
    texts.push(content[0]?.type === "text" ? content[0].text : undefined);
  }
  expect(texts).toEqual(["Hello.", "two", "Hello.", "one"]);
});

// ── Parsed output ───────────────────────────────────────────────────────────

const Weather = z.object({ city: z.string(), degrees: z.number() });
const format = responseFormat(Weather, "weather");

test("a schema becomes a format: closed objects, and strict when every property is required", () => {
  expect(format.json_schema).toMatchObject({
    name: "weather",
    strict: true,
    schema: { type: "object", required: ["city", "degrees"], additionalProperties: false },
  });
  const optional = z.object({ days: z.array(z.object({ wind: z.number().optional() })) });
  expect(textFormat(optional, "days", { description: "The days." })).toMatchObject({
    type: "json_schema",
    name: "days",
    description: "The days.",
    strict: false,
    schema: { properties: { days: { items: { additionalProperties: false } } } },
  });
});

test("a schema without a JSON Schema needs one", async () => {
  const schema: StandardSchema<number> = {
    "~standard": { validate: (value) => ({ value: Number(value) }) },
  };
  expect(() => responseFormat(schema, "number")).toThrow("jsonSchema");
  const numbers = responseFormat(schema, "number", { jsonSchema: { type: "number" } });
  expect(numbers.json_schema.schema).toEqual({ type: "number" });
  expect(await numbers.parseOutput("7")).toBe(7);
});

test("the output of a chat completion and of a response is parsed", async () => {
  const gateway = await startTestGateway({
    config: quickstart,
    model: createScriptedModel([says('{"city":"Ulm","degrees":7}')]),
  });
  const client = createClient({ baseUrl: gateway.url, token, headers: { "x-request-id": "mine" } });
  const completion = await client.chat.completions.parse({ ...body, response_format: format });
  expect(completion.choices[0]?.message.parsed).toEqual({ city: "Ulm", degrees: 7 });
  expect(completion._request_id).toBe("mine");
  const response = await client.responses.parse({
    model: "openclaw",
    input: "The weather in Ulm?",
    text: { format: textFormat(Weather, "weather") },
  });
  expect(response.output_parsed).toEqual({ city: "Ulm", degrees: 7 });
  expect(response._request_id).toBe("mine");
});

test("output that does not match the schema is output_invalid, with the path", async () => {
  const client = await startClient(says('{"city":"Ulm","degrees":"mild"}'));
  const failure = client.chat.completions.parse({ ...body, response_format: format });
  await expect(failure).rejects.toMatchObject({
    code: "output_invalid",
    requestId: "mine",
    message: expect.stringContaining("degrees: ") as string,
  });
  await expect(format.parseOutput("mild")).rejects.toMatchObject({ code: "output_invalid" });
});

test("output that a limit cut is output_incomplete, and a call of a tool has no output", async () => {
  const cut = await startClient(says('{"city":'), ends({ input: 1, output: 1 }, "length"));
  await expect(cut.chat.completions.parse({ ...body, response_format: format })).rejects.toMatchObject({
    code: "output_incomplete",
    requestId: "mine",
  });
  const calling = await startClient(calls("call_1", "now", "{}"));
  const completion = await calling.chat.completions.parse({
    ...body,
    response_format: format,
    tools: [{ type: "function", function: { name: "now" } }],
  });
  expect(completion.choices[0]?.message.parsed).toBeNull();
});
