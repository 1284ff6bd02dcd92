import { describe, expect, test } from "vitest";
import { startTestGateway, token, type TestGateway } from "../support/gateway.ts";
import { openResponsesSocket, type SocketEvent } from "../support/responses-socket.ts";
import { finish, gatedModel, sequence } from "../support/scripted-model.ts";

const config = { gateway: { http: { endpoints: { responses: { enabled: true } } } } };
const authorization = `Bearer ${token}`;

const types = (events: readonly SocketEvent[]): readonly string[] => events.map(({ type }) => type);
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

test("requests that are sent together are answered one after the other, each numbered from 0", async () => {
  const { model, seen } = sequence([{ text: "one" }], [{ text: "two" }], [{ text: "three" }]);
  const gateway = await startTestGateway({ config, model });
  const socket = await openResponsesSocket(gateway.url);
  for (const input of ["a", "b", "c"]) socket.create({ input });
  for (let each = 0; each < 3; each += 1) await socket.next(({ type }) => type === "response.completed");
  const perResponse = socket.events.length / 3;
  expect(types(socket.events.slice(perResponse, 2 * perResponse))).toEqual(
    types(socket.events.slice(0, perResponse)),
  );
  for (let each = 0; each < 3; each += 1)
    expect(numbers(socket.events.slice(each * perResponse, (each + 1) * perResponse))).toEqual(
      Array.from({ length: perResponse }, (_, index) => index),
    );
  expect(socket.events.flatMap(({ delta = [] }) => delta)).toEqual(["one", "two", "three"]);
  expect(seen).toHaveLength(3);
});

test("the next request begins when the one before it has ended", async () => {
  const gated = gatedModel();
  const gateway = await startTestGateway({ config, model: gated.model });
  const socket = await openResponsesSocket(gateway.url);
  socket.create({ input: "slow" });
  socket.create({ input: 42 });
  await gated.called();
  gated.give({ type: "text", text: "still here" });
  await socket.next(({ type }) => type === "response.output_text.delta");
  expect(socket.events.filter(({ type }) => type === "error")).toEqual([]);
  gated.give(finish);
  await socket.next(({ type }) => type === "error");
  expect(types(socket.events).slice(-2)).toEqual(["response.completed", "error"]);
});

describe("a response that is not stored", () => {
  test("is continued on its socket, as often as it is the newest, and nowhere else", async () => {
    const { model, seen } = sequence([{ text: "one" }], [{ text: "two" }], [{ text: "three" }]);
    const gateway = await startTestGateway({ config, model });
    const socket = await openResponsesSocket(gateway.url);
    const first = idOf(await socket.ask({ input: "a", store: false }));
    const second = await socket.ask({ input: "b", store: false, previous_response_id: first });
    expect(second.at(-1)).toMatchObject({ type: "response.completed", response: { status: "completed" } });
    await socket.ask({ input: "c", store: false, previous_response_id: idOf(second) });
    expect(seen[2]?.turns.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
      "user",
    ]);

    const missing = { code: "previous_response_not_found", param: "previous_response_id" };
    const older = await socket.ask({ input: "d", previous_response_id: first });
    expect(older).toMatchObject([{ type: "error", status: 400, error: missing }]);
    const other = await openResponsesSocket(gateway.url);
    const id = idOf(socket.events.filter(({ type }) => type === "response.completed"));
    expect(await other.ask({ input: "d", previous_response_id: id })).toMatchObject([{ error: missing }]);
    const overHttp = await post(gateway, { input: "d", previous_response_id: id });
    expect([overHttp.status, await overHttp.json()]).toMatchObject([400, { error: missing }]);
    const lookedUp = await fetch(`${gateway.url}/v1/responses/${id}`, { headers: { authorization } });
    expect(lookedUp.status).toBe(404);
    expect(seen).toHaveLength(3);
  });

  test("is given up when what was to continue it fails: by a wrong request, or by its run", async () => {
    const { model } = sequence(
      [{ text: "one" }],
      [{ text: "two" }],
      [{ text: "three" }],
      [{ fail: { code: "upstream_error", message: "The provider failed." } }],
    );
    const gateway = await startTestGateway({ config, model });
    const socket = await openResponsesSocket(gateway.url);
    const first = idOf(await socket.ask({ input: "a", store: false }));
    expect(await socket.ask({ input: [], previous_response_id: first })).toMatchObject([{ status: 400 }]);
    const gone = [{ type: "error", error: { code: "previous_response_not_found" } }];
    expect(await socket.ask({ input: "b", previous_response_id: first })).toMatchObject(gone);
    const another = idOf(await socket.ask({ input: "a", store: false }));
    expect(await socket.ask({ input: 42, previous_response_id: another })).toMatchObject([{ status: 400 }]);
    expect(await socket.ask({ input: "b", previous_response_id: another })).toMatchObject(gone);
    const second = idOf(await socket.ask({ input: "a", store: false }));
    expect(
      (await socket.ask({ input: "b", store: false, previous_response_id: second })).at(-1),
    ).toMatchObject({
      status: 502,
    });
    expect(await socket.ask({ input: "b", previous_response_id: second })).toMatchObject(gone);
  });

  test("is there for the next try when a request that does not continue it fails", async () => {
    const { model } = sequence([{ text: "one" }]);
    const gateway = await startTestGateway({ config, model });
    const socket = await openResponsesSocket(gateway.url);
    const first = idOf(await socket.ask({ input: "a", store: false }));
    expect(await socket.ask({ input: 42 })).toMatchObject([{ status: 400 }]);
    const next = await socket.ask({ input: "b", store: false, previous_response_id: first });
    expect(next.at(-1)?.type).toBe("response.completed");
  });

  test("takes its calls and items along: outputs are bound to them, references find them", async () => {
    const call = { call: { id: "call_1", name: "look_up", fragments: ["{}"] } };
    const { model, seen } = sequence([call], [{ text: "sunny" }]);
    const gateway = await startTestGateway({ config, model });
    const socket = await openResponsesSocket(gateway.url);
    const tools = [{ type: "function", name: "look_up", parameters: { type: "object" } }];
    const first = await socket.ask({ input: "weather?", store: false, tools });
    const output = { type: "function_call_output", call_id: "call_1", output: "21 °C" };
    const second = await socket.ask({
      input: [output],
      store: false,
      tools,
      previous_response_id: idOf(first),
    });
    expect(second.at(-1)?.type).toBe("response.completed");
    expect(seen[1]?.turns.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
    const [message] = (second.at(-1)?.response?.output ?? []) as readonly { readonly id: string }[];
    await socket.ask({
      input: [
        { type: "item_reference", id: message?.id },
        { role: "user", content: "x" },
      ],
    });
    expect(JSON.stringify(seen[2]?.turns)).toContain("sunny");
  });

  test("is kept whole by a stored one that continues it", async () => {
    const { model, seen } = sequence([{ text: "one" }], [{ text: "two" }], [{ text: "three" }]);
    const gateway = await startTestGateway({ config, model });
    const socket = await openResponsesSocket(gateway.url);
    const first = idOf(await socket.ask({ input: "a", store: false }));
    const second = idOf(await socket.ask({ input: "b", previous_response_id: first }));
    socket.ws.close();
    await socket.closed;
    expect((await post(gateway, { input: "c", previous_response_id: second })).status).toBe(200);
    expect(seen[2]?.turns.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
      "user",
    ]);
  });

  test("continues a stored one, and carries its conversation on", async () => {
    const { model, seen } = sequence([{ text: "one" }]);
    const gateway = await startTestGateway({ config, model });
    const { id } = (await (await post(gateway, { input: "a" })).json()) as { id: string };
    const socket = await openResponsesSocket(gateway.url);
    const second = idOf(await socket.ask({ input: "b", store: false, previous_response_id: id }));
    await socket.ask({ input: "c", store: false, previous_response_id: second });
    expect(seen[2]?.turns).toHaveLength(5);
  });
});

test("the model is asked to stream, whatever the request says", async () => {
  const { model, seen } = sequence([{ text: "hello" }]);
  const socket = await openResponsesSocket((await startTestGateway({ config, model })).url);
  await socket.ask({ input: "a" });
  await socket.ask({ input: "b", stream: false });
  expect(seen.map(({ stream }) => stream)).toEqual([true, true]);
});

test("a stored response is found over HTTP, with the same events", async () => {
  const gateway = await startTestGateway({ config, model: sequence([{ text: "hello" }]).model });
  const socket = await openResponsesSocket(gateway.url);
  const events = await socket.ask({ input: "a" });
  const replay = await fetch(`${gateway.url}/v1/responses/${idOf(events)}?stream=true`, {
    headers: { authorization },
  });
  const told = (await replay.text()).match(/(?<=^data: )\{.*$/gm) ?? [];
  expect(told.map((data) => JSON.parse(data) as unknown)).toEqual(events);
});

test("a session of the header is the conversation of all requests on the socket", async () => {
  const { model, seen } = sequence([{ text: "one" }], [{ text: "two" }]);
  const gateway = await startTestGateway({ config, model });
  const headers = { authorization, "x-openclaw-session-key": "tea" };
  const socket = await openResponsesSocket(gateway.url, { headers });
  await socket.ask({ input: "a" });
  await socket.ask({ input: "b" });
  expect(seen[1]?.turns.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
});

test("frames that are no request are answered, and the socket stays open", async () => {
  const gateway = await startTestGateway({ config, model: sequence([{ text: "fine" }]).model });
  const socket = await openResponsesSocket(gateway.url);
  const answerTo = async (text: string): Promise<SocketEvent["error"]> => {
    socket.ws.send(text);
    return (await socket.next(({ type }) => type === "error")).error;
  };
  expect(await answerTo("{")).toMatchObject({ code: "invalid_json" });
  expect(await answerTo("")).toMatchObject({ message: "The frame is empty; send a JSON object." });
  expect(await answerTo("[]")).toMatchObject({
    code: "invalid_type",
    message: expect.stringMatching(/^The frame/),
  });
  expect(await answerTo('{"type":"response.cancel"}')).toEqual({
    type: "invalid_request_error",
    code: "invalid_value",
    message: 'type: expected "response.create", got "response.cancel" (and 0 more)'.replace(
      " (and 0 more)",
      "",
    ),
    param: "type",
  });
  expect(await answerTo('{"input":"a"}')).toMatchObject({
    code: "missing_required_parameter",
    param: "type",
  });
  expect(await answerTo(`${"[".repeat(100)}${"]".repeat(100)}`)).toMatchObject({ code: "json_too_complex" });
  const background = '{"type":"response.create","input":"a","background":true}';
  expect(await answerTo(background)).toMatchObject({
    param: "background",
    message: "background: cannot be true over a WebSocket; send it with POST /v1/responses",
  });
  const warmUp = '{"type":"response.create","input":"a","generate":false}';
  expect(await answerTo(warmUp)).toMatchObject({ param: "generate" });
  const fine = await socket.ask({ input: "a", stream: false, stream_options: { include_obfuscation: true } });
  expect(fine.at(-1)?.type).toBe("response.completed");
});

test("a failure in mid-response comes as the events `error`, with its status, and `response.failed`", async () => {
  const { model } = sequence([{ text: "half" }, { fail: { code: "upstream_error", message: "It broke." } }]);
  const gateway = await startTestGateway({ config, model });
  const socket = await openResponsesSocket(gateway.url);
  const events = await socket.ask({ input: "a" });
  expect(types(events).slice(-2)).toEqual(["error", "response.failed"]);
  expect(events.at(-2)).toMatchObject({
    status: 502,
    error: { code: "upstream_error", message: "It broke." },
  });
  expect(numbers(events)).toEqual(events.map((_, index) => index));
});
