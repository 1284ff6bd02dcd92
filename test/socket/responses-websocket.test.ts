import { describe, expect, test } from "vitest";
import { startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { openResponsesWebSocket, type SocketEvent } from "../support/sockets/responses-websocket.ts";
import { finishEvent, createGatedModel, createModelSequence } from "../support/providers/scripted-model.ts";

const config = { gateway: { http: { endpoints: { responses: { enabled: true } } } } };
const authorization = `Bearer ${token}`;

const typesOf = (events: readonly SocketEvent[]): readonly string[] => events.map(({ type }) => type);
const idOf = (events: readonly SocketEvent[]): string => events.at(-1)?.response?.id ?? "";
const numbers = (events: readonly SocketEvent[]): readonly unknown[] =>
  events.map(({ sequence_number }) => sequence_number);

function post(gateway: TestGateway, body: object): Promise<Response> {
  return fetch(`${gateway.url}/v1/responses`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

test("requests that are sent together are handled one after the other, each with sequence numbers from 0", async () => {
  const { model, modelCalls } = createModelSequence(
    [{ text: "one" }],
    [{ text: "two" }],
    [{ text: "three" }],
  );
  const gateway = await startTestGateway({ config, model });
  const socket = await openResponsesWebSocket(gateway.url);
  for (const input of ["a", "b", "c"]) socket.create({ input });
  for (let each = 0; each < 3; each += 1)
    await socket.waitForEvent(({ type }) => type === "response.completed");
  const perResponse = socket.events.length / 3;
  expect(typesOf(socket.events.slice(perResponse, 2 * perResponse))).toEqual(
    typesOf(socket.events.slice(0, perResponse)),
  );
  for (let each = 0; each < 3; each += 1)
    expect(numbers(socket.events.slice(each * perResponse, (each + 1) * perResponse))).toEqual(
      Array.from({ length: perResponse }, (_, index) => index),
    );
  expect(socket.events.flatMap(({ delta = [] }) => delta)).toEqual(["one", "two", "three"]);
  expect(modelCalls).toHaveLength(3);
});

test("the next request starts when the previous one has ended", async () => {
  const gated = createGatedModel();
  const gateway = await startTestGateway({ config, model: gated.model });
  const socket = await openResponsesWebSocket(gateway.url);
  socket.create({ input: "slow" });
  socket.create({ input: 42 });
  await gated.waitForCall();
  gated.emit({ type: "text", text: "still here" });
  await socket.waitForEvent(({ type }) => type === "response.output_text.delta");
  expect(socket.events.filter(({ type }) => type === "error")).toEqual([]);
  gated.emit(finishEvent);
  await socket.waitForEvent(({ type }) => type === "error");
  expect(typesOf(socket.events).slice(-2)).toEqual(["response.completed", "error"]);
});

describe("a response that is not stored", () => {
  test("can be continued on its socket while it is the latest, and nowhere else", async () => {
    const { model, modelCalls } = createModelSequence(
      [{ text: "one" }],
      [{ text: "two" }],
      [{ text: "three" }],
    );
    const gateway = await startTestGateway({ config, model });
    const socket = await openResponsesWebSocket(gateway.url);
    const first = idOf(await socket.createAndWait({ input: "a", store: false }));
    const second = await socket.createAndWait({ input: "b", store: false, previous_response_id: first });
    expect(second.at(-1)).toMatchObject({ type: "response.completed", response: { status: "completed" } });
    await socket.createAndWait({ input: "c", store: false, previous_response_id: idOf(second) });
    expect(modelCalls[2]?.turns.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
      "user",
    ]);

    const expectedError = { code: "previous_response_not_found", param: "previous_response_id" };
    const older = await socket.createAndWait({ input: "d", previous_response_id: first });
    expect(older).toMatchObject([{ type: "error", status: 400, error: expectedError }]);
    const other = await openResponsesWebSocket(gateway.url);
    const id = idOf(socket.events.filter(({ type }) => type === "response.completed"));
    expect(await other.createAndWait({ input: "d", previous_response_id: id })).toMatchObject([
      { error: expectedError },
    ]);
    const overHttp = await post(gateway, { input: "d", previous_response_id: id });
    expect([overHttp.status, await overHttp.json()]).toMatchObject([400, { error: expectedError }]);
    const lookedUp = await fetch(`${gateway.url}/v1/responses/${id}`, { headers: { authorization } });
    expect(lookedUp.status).toBe(404);
    expect(modelCalls).toHaveLength(3);
  });

  test("is evicted when the request that continues it fails, as a request or as a run", async () => {
    const { model } = createModelSequence(
      [{ text: "one" }],
      [{ text: "two" }],
      [{ text: "three" }],
      [{ fail: { code: "upstream_error", message: "The provider failed." } }],
    );
    const gateway = await startTestGateway({ config, model });
    const socket = await openResponsesWebSocket(gateway.url);
    const first = idOf(await socket.createAndWait({ input: "a", store: false }));
    expect(await socket.createAndWait({ input: [], previous_response_id: first })).toMatchObject([
      { status: 400 },
    ]);
    const notFound = [{ type: "error", error: { code: "previous_response_not_found" } }];
    expect(await socket.createAndWait({ input: "b", previous_response_id: first })).toMatchObject(notFound);
    const another = idOf(await socket.createAndWait({ input: "a", store: false }));
    expect(await socket.createAndWait({ input: 42, previous_response_id: another })).toMatchObject([
      { status: 400 },
    ]);
    expect(await socket.createAndWait({ input: "b", previous_response_id: another })).toMatchObject(notFound);
    const second = idOf(await socket.createAndWait({ input: "a", store: false }));
    expect(
      (await socket.createAndWait({ input: "b", store: false, previous_response_id: second })).at(-1),
    ).toMatchObject({
      status: 502,
    });
    expect(await socket.createAndWait({ input: "b", previous_response_id: second })).toMatchObject(notFound);
  });

  test("stays cached when a request that does not continue it fails", async () => {
    const { model } = createModelSequence([{ text: "one" }]);
    const gateway = await startTestGateway({ config, model });
    const socket = await openResponsesWebSocket(gateway.url);
    const first = idOf(await socket.createAndWait({ input: "a", store: false }));
    expect(await socket.createAndWait({ input: 42 })).toMatchObject([{ status: 400 }]);
    const next = await socket.createAndWait({ input: "b", store: false, previous_response_id: first });
    expect(next.at(-1)?.type).toBe("response.completed");
  });

  test("keeps its calls and items: outputs and references find them", async () => {
    const call = { call: { id: "call_1", name: "look_up", fragments: ["{}"] } };
    const { model, modelCalls } = createModelSequence([call], [{ text: "sunny" }]);
    const gateway = await startTestGateway({ config, model });
    const socket = await openResponsesWebSocket(gateway.url);
    const tools = [{ type: "function", name: "look_up", parameters: { type: "object" } }];
    const first = await socket.createAndWait({ input: "weather?", store: false, tools });
    const output = { type: "function_call_output", call_id: "call_1", output: "21 °C" };
    const second = await socket.createAndWait({
      input: [output],
      store: false,
      tools,
      previous_response_id: idOf(first),
    });
    expect(second.at(-1)?.type).toBe("response.completed");
    expect(modelCalls[1]?.turns.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
    const [message] = (second.at(-1)?.response?.output ?? []) as readonly { readonly id: string }[];
    await socket.createAndWait({
      input: [
        { type: "item_reference", id: message?.id },
        { role: "user", content: "x" },
      ],
    });
    expect(JSON.stringify(modelCalls[2]?.turns)).toContain("sunny");
  });

  test("is copied in full by a stored response that continues it", async () => {
    const { model, modelCalls } = createModelSequence(
      [{ text: "one" }],
      [{ text: "two" }],
      [{ text: "three" }],
    );
    const gateway = await startTestGateway({ config, model });
    const socket = await openResponsesWebSocket(gateway.url);
    const first = idOf(await socket.createAndWait({ input: "a", store: false }));
    const second = idOf(await socket.createAndWait({ input: "b", previous_response_id: first }));
    socket.ws.close();
    await socket.closed;
    expect((await post(gateway, { input: "c", previous_response_id: second })).status).toBe(200);
    expect(modelCalls[2]?.turns.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
      "user",
    ]);
  });

  test("continues a stored one with its conversation", async () => {
    const { model, modelCalls } = createModelSequence([{ text: "one" }]);
    const gateway = await startTestGateway({ config, model });
    const { id } = (await (await post(gateway, { input: "a" })).json()) as { id: string };
    const socket = await openResponsesWebSocket(gateway.url);
    const second = idOf(await socket.createAndWait({ input: "b", store: false, previous_response_id: id }));
    await socket.createAndWait({ input: "c", store: false, previous_response_id: second });
    expect(modelCalls[2]?.turns).toHaveLength(5);
  });
});

test("the model always streams", async () => {
  const { model, modelCalls } = createModelSequence([{ text: "hello" }]);
  const socket = await openResponsesWebSocket((await startTestGateway({ config, model })).url);
  await socket.createAndWait({ input: "a" });
  await socket.createAndWait({ input: "b", stream: false });
  expect(modelCalls.map(({ stream }) => stream)).toEqual([true, true]);
});

test("a stored response can be retrieved over HTTP, with the same events", async () => {
  const gateway = await startTestGateway({ config, model: createModelSequence([{ text: "hello" }]).model });
  const socket = await openResponsesWebSocket(gateway.url);
  const events = await socket.createAndWait({ input: "a" });
  const replay = await fetch(`${gateway.url}/v1/responses/${idOf(events)}?stream=true`, {
    headers: { authorization },
  });
  const replayed = (await replay.text()).match(/(?<=^data: )\{.*$/gm) ?? [];
  expect(replayed.map((data) => JSON.parse(data) as unknown)).toEqual(events);
});

test("a session of the header is the conversation of all requests on the socket", async () => {
  const { model, modelCalls } = createModelSequence([{ text: "one" }], [{ text: "two" }]);
  const gateway = await startTestGateway({ config, model });
  const headers = { authorization, "x-openclaw-session-key": "tea" };
  const socket = await openResponsesWebSocket(gateway.url, { headers });
  await socket.createAndWait({ input: "a" });
  await socket.createAndWait({ input: "b" });
  expect(modelCalls[1]?.turns.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
});

test("an invalid frame gets an error, and the socket stays open", async () => {
  const gateway = await startTestGateway({ config, model: createModelSequence([{ text: "fine" }]).model });
  const socket = await openResponsesWebSocket(gateway.url);
  const sendAndWait = async (text: string): Promise<SocketEvent["error"]> => {
    socket.ws.send(text);
    return (await socket.waitForEvent(({ type }) => type === "error")).error;
  };
  expect(await sendAndWait("{")).toMatchObject({ code: "invalid_json" });
  expect(await sendAndWait("")).toMatchObject({ message: "The frame is empty; send a JSON object." });
  expect(await sendAndWait("[]")).toMatchObject({
    code: "invalid_type",
    message: expect.stringMatching(/^The frame/),
  });
  expect(await sendAndWait('{"type":"response.cancel"}')).toEqual({
    type: "invalid_request_error",
    code: "invalid_value",
    message: 'type: expected "response.create", got "response.cancel" (and 0 more)'.replace(
      " (and 0 more)",
      "",
    ),
    param: "type",
  });
  expect(await sendAndWait('{"input":"a"}')).toMatchObject({
    code: "missing_required_parameter",
    param: "type",
  });
  expect(await sendAndWait(`${"[".repeat(100)}${"]".repeat(100)}`)).toMatchObject({
    code: "json_too_complex",
  });
  const background = '{"type":"response.create","input":"a","background":true}';
  expect(await sendAndWait(background)).toMatchObject({
    param: "background",
    message: "background: cannot be true over a WebSocket; send it with POST /v1/responses",
  });
  const fine = await socket.createAndWait({
    input: "a",
    stream: false,
    stream_options: { include_obfuscation: true },
  });
  expect(fine.at(-1)?.type).toBe("response.completed");
});

test("a failure during a response is sent as the events `error`, with its status, and `response.failed`", async () => {
  const { model } = createModelSequence([
    { text: "half" },
    { fail: { code: "upstream_error", message: "It broke." } },
  ]);
  const gateway = await startTestGateway({ config, model });
  const socket = await openResponsesWebSocket(gateway.url);
  const events = await socket.createAndWait({ input: "a" });
  expect(typesOf(events).slice(-2)).toEqual(["error", "response.failed"]);
  expect(events.at(-2)).toMatchObject({
    status: 502,
    error: { code: "upstream_error", message: "It broke." },
  });
  expect(numbers(events)).toEqual(events.map((_, index) => index));
});
