import { expect, test, vi } from "vitest";
import type { ResponseEvent } from "../../contracts/http/responses/events.ts";
import type { ResponseStore } from "../../server/agent/sessions/responses.ts";
import type { AssistantTurn, Run, RunEvent } from "../../server/agent/types.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import { endEvent, textEvent } from "../support/runs/response-events.ts";
import { startResponsesGateway, type ResponsesGateway } from "../support/gateway/responses-gateway.ts";
import { validateStream } from "../support/runs/responses-grammar.ts";
import { modelTurn } from "../support/runs/turns.ts";

const createTurn = (words: string): AssistantTurn => modelTurn({ text: words });

/** Does what an ephemeral run does: adds its turn to the journal before it ends. */
const createRun = (words: string) =>
  async function* (run: Run): AsyncGenerator<RunEvent> {
    yield { type: "start" };
    yield textEvent(words);
    await run.journal?.add(createTurn(words));
    yield endEvent;
  };

interface ResponseBody {
  readonly id: string;
  readonly status: string;
  readonly output: readonly { readonly id: string }[];
}

const postJson = async (server: ResponsesGateway, body: object): Promise<ResponseBody> =>
  (await (await server.post(body)).json()) as ResponseBody;

const getStored = async (server: ResponsesGateway, id: string): Promise<unknown> => {
  const found = await server.store.get(id, "operator");
  return found && JSON.parse(found.response);
};

async function getEvents(store: ResponseStore, id: string): Promise<readonly ResponseEvent[]> {
  const events = await Array.fromAsync(store.follow(id, 0, new AbortController().signal));
  return events.map(({ data }) => JSON.parse(data) as ResponseEvent);
}

/** Reads the events of a stream's body. */
const parseEvents = (body: string): readonly ResponseEvent[] =>
  [...body.matchAll(/^data: (\{.*)$/gm)].map(([, data = ""]) => JSON.parse(data) as ResponseEvent);

async function readEvents(server: ResponsesGateway, id: string): Promise<readonly ResponseEvent[]> {
  return parseEvents(await (await fetch(`${server.url}/v1/responses/${id}?stream=true`)).text());
}

test("a response is stored as it was returned, with its input, unless store is false", async () => {
  const server = await startResponsesGateway({ runs: [createRun("Hello.")] });
  const response = await postJson(server, { input: "hi", instructions: "Be brief." });
  expect(await getStored(server, response.id)).toEqual(response);
  expect(JSON.parse((await server.store.input(response.id, "operator")) ?? "")).toEqual([
    {
      type: "message",
      id: `${response.id.replace("resp", "msg")}_in0`,
      status: "completed",
      role: "user",
      content: [{ type: "input_text", text: "hi" }],
    },
  ]);
  const { request } = (await server.store.get(response.id, "operator")) ?? {};
  expect(JSON.parse(request ?? "")).toEqual({ instructions: "Be brief." });

  const unstored = await postJson(server, { input: "hi", store: false });
  expect(await getStored(server, unstored.id)).toBeUndefined();
});

/** Emits one item of every kind. */
async function* runWithEveryItem(): AsyncGenerator<RunEvent> {
  yield { type: "start" };
  yield { type: "thinking", text: "h" };
  yield { type: "thinking", text: "m" };
  yield { type: "tool_start", call: { id: "call_1", name: "read", arguments: '{"path":"a"}' } };
  const output = { content: [{ type: "text", text: "contents" } as const], isError: false };
  yield { type: "tool_result", callId: "call_1", output };
  yield textEvent("Hel");
  yield textEvent("lo.");
  yield { type: "refusal", text: "No." };
  yield { type: "tool_call", index: 0, id: "call_2", name: "look" };
  yield { type: "tool_call", index: 1, id: "call_3", name: "note" };
  yield { type: "tool_call_arguments", index: 0, fragment: '{"a":' };
  yield { type: "tool_call_arguments", index: 1, fragment: '{"input":"a \\" text"}' };
  yield { type: "tool_call_arguments", index: 0, fragment: "1}" };
  yield { type: "end", reason: "tool_calls", usage: undefined };
}

test("the events of a streamed response are built anew from the response: one delta a part, numbered without gaps", async () => {
  const server = await startResponsesGateway({ runs: [runWithEveryItem] });
  const tools = [
    { type: "function", name: "look", parameters: { type: "object" } },
    { type: "custom", name: "note" },
  ];
  const headers = { "x-openclaw-events": "tools" };
  const include = ["reasoning.encrypted_content"];
  const answer = await server.post({ input: "hi", stream: true, tools, include }, { headers });
  const streamed = validateStream(parseEvents(await answer.text()));
  expect(streamed.output.map(({ type }) => type)).toEqual([
    "reasoning",
    "openclaw:tool_call",
    "message",
    "function_call",
    "custom_tool_call",
  ]);

  const { id } = streamed;
  const events = await readEvents(server, id);
  expect(validateStream(events)).toEqual(streamed);
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
  const deltas = events.flatMap((event) => ("delta" in event ? [event.delta] : []));
  expect(deltas).toEqual(["hm", "Hello.", "No.", '{"a":1}', 'a " text']);
  expect(await readEvents(server, id)).toEqual(events);
  const rest = await fetch(`${server.url}/v1/responses/${id}?stream=true&starting_after=3`);
  expect(parseEvents(await rest.text())).toEqual(events.slice(4));
  const beyond = await fetch(`${server.url}/v1/responses/${id}?stream=true&starting_after=${events.length}`);
  expect(await beyond.text()).toBe("data: [DONE]\n\n");
  expect((await server.store.get(id, "operator"))?.events).toBe(0);
});

test("events that an older gateway has stored of a response that is not in the background are sent as they are", async () => {
  const server = await startResponsesGateway({ runs: [createRun("Hello.")] });
  const { id } = await postJson(server, { input: "hi" });
  const found = await server.store.get(id, "operator");
  if (found === undefined) throw new Error("not stored");
  const { request, response } = found;
  const stored = {
    ...found,
    id: "resp_old",
    status: "in_progress",
    input: "[]",
    turns: [],
    request,
  } as const;
  await server.store.create({ ...stored, previousId: undefined, expiresAt: Date.now() + 60_000, response });
  const events = ["created", "completed"].map((type, sequence_number) =>
    JSON.stringify({ type: `response.${type}`, sequence_number, response: JSON.parse(response) as unknown }),
  );
  await server.store.finish("resp_old", { status: "completed", response, events });
  expect((await readEvents(server, "resp_old")).map((event) => JSON.stringify(event))).toEqual(events);
});

test("who streams a response in progress that is not in the background waits for its end", async () => {
  const gate = Promise.withResolvers<void>();
  const server = await startResponsesGateway({
    runs: [
      async function* (run): AsyncGenerator<RunEvent> {
        yield { type: "start" };
        yield textEvent("Hel");
        await gate.promise;
        yield* createRun("lo.")(run);
      },
    ],
  });
  const answer = await server.post({ input: "hi", stream: true });
  const reader = answer.body?.getReader();
  const [, id = ""] = /"id":"(resp_\w+)"/.exec(new TextDecoder().decode((await reader?.read())?.value)) ?? [];
  const reading = readEvents(server, id);
  gate.resolve();
  expect(validateStream(await reading)).toMatchObject({ id, output: [{ content: [{ text: "Hello." }] }] });
});

test("a response continues another: its input, its output, then the new input", async () => {
  const server = await startResponsesGateway({ runs: [createRun("Hello Ada."), createRun("You are Ada.")] });
  const first = await postJson(server, { input: "I am Ada.", instructions: "Be brief." });
  const second = await postJson(server, { input: "Who am I?", previous_response_id: first.id });
  expect(second).toMatchObject({ previous_response_id: first.id, instructions: null });
  expect(server.runs[1]).toMatchObject({
    instructions: "",
    turns: [
      { role: "user", content: [{ text: "I am Ada." }] },
      modelTurn({ text: "Hello Ada." }),
      { role: "user", content: [{ text: "Who am I?" }] },
    ],
    turnParams: ["previous_response_id", "previous_response_id", "input"],
  });
  await postJson(server, { input: "Thanks.", previous_response_id: second.id });
  expect(server.runs[2]?.turns).toHaveLength(5);
  await postJson(server, { input: "And you?", previous_response_id: first.id });
  expect(server.runs[3]?.turns).toHaveLength(3);
});

test("instruction messages stay in force for responses that continue, also after a compaction", async () => {
  const shortening = async function* (run: Run): AsyncGenerator<RunEvent> {
    yield { type: "start" };
    await run.journal?.replace([createTurn("They spoke.")]);
    yield textEvent("Short.");
    await run.journal?.add(createTurn("Short."));
    yield endEvent;
  };
  const server = await startResponsesGateway({ runs: [createRun("One."), shortening, createRun("Three.")] });
  const createInput = (content: string) => [
    { role: "developer", content },
    { role: "user", content: "hi" },
  ];
  const first = await postJson(server, { input: createInput("Be brief."), instructions: "Count." });
  const second = await postJson(server, { input: createInput("Be kind."), previous_response_id: first.id });
  await postJson(server, { input: "bye", instructions: "Rhyme.", previous_response_id: second.id });

  expect(server.runs.map(({ instructions }) => instructions)).toEqual([
    "Count.\n\nBe brief.",
    "Be brief.\n\nBe kind.",
    "Rhyme.\n\nBe brief.\n\nBe kind.",
  ]);
  expect(server.runs[2]?.turns).toMatchObject([
    createTurn("They spoke."),
    createTurn("Short."),
    { role: "user" },
  ]);
});

test("the user of a request selects no session when a response is continued", async () => {
  const server = await startResponsesGateway({ runs: [createRun("Hello.")] });
  const first = await postJson(server, { input: "hi" });
  await postJson(server, { input: "go on", user: "ada", previous_response_id: first.id });
  expect(server.routes[1]?.user).toBeUndefined();
});

test("a response of a session is continued in that session", async () => {
  const server = await startResponsesGateway({ runs: [createRun("Hello.")] });
  const headers = { "x-openclaw-session-key": "notes" };
  const first = (await (await server.post({ input: "hi" }, { headers })).json()) as ResponseBody;
  const answer = await server.post({ input: "go on", previous_response_id: first.id });
  expect(answer.headers.get("x-openclaw-session-key")).toBe("agent:main:notes");
  expect(server.runs[1]).toMatchObject({ sessionKey: "agent:main:notes", turns: [{ role: "user" }] });
});

test("a response that does not exist, was not stored, or is of another agent cannot be continued", async () => {
  const server = await startResponsesGateway({ runs: [createRun("Hello.")] });
  const unstored = await postJson(server, { input: "hi", store: false });
  const stored = await postJson(server, { input: "hi" });
  const getError = async (id: string, headers: Record<string, string> = {}): Promise<unknown> => {
    const answer = await server.post({ input: "go on", previous_response_id: id }, { headers });
    return [answer.status, await answer.json()];
  };
  const error = { code: "previous_response_not_found", param: "previous_response_id" };
  expect(await getError("resp_none")).toMatchObject([400, { error }]);
  expect(await getError(unstored.id)).toMatchObject([400, { error }]);
  expect(await getError(stored.id, { "x-openclaw-agent-id": "coder" })).toMatchObject([400, { error }]);
});

test("the input may reference an item of a stored response by its id", async () => {
  const server = await startResponsesGateway({ runs: [createRun("Hello.")] });
  const { id, output } = await postJson(server, { input: "hi" });
  const input = [
    { type: "item_reference", id: `${id.replace("resp", "msg")}_in0` },
    { id: output[0]?.id },
    { role: "user", content: "go on" },
  ];
  await postJson(server, { input });
  expect(server.runs[1]?.turns).toMatchObject([
    { role: "user", content: [{ text: "hi" }] },
    modelTurn({ text: "Hello." }),
    { role: "user" },
  ]);
  const response = await server.post({ input: [{ type: "item_reference", id: "msg_none" }] });
  expect(await response.json()).toMatchObject({ error: { code: "invalid_value", param: "input[0].id" } });
});

test("an item with an empty type is an unknown item, with and without an id", async () => {
  const server = await startResponsesGateway({ runs: [createRun("Hello.")] });
  const input = [{ type: "" }, { type: "", id: "msg_none" }, { role: "user", content: "hi" }];
  await postJson(server, { input });
  expect(server.runs[0]?.turns).toMatchObject([{ role: "user", content: [{ text: "hi" }] }]);
});

test("a response is read once for all of its items, and each item may be referenced once", async () => {
  const server = await startResponsesGateway({ runs: [createRun("Hello.")] });
  const read = vi.spyOn(server.store, "input");
  const { id } = await postJson(server, {
    input: ["a", "b", "c"].map((content) => ({ role: "user", content })),
  });
  const input = [0, 1, 2].map((place) => ({ id: `${id.replace("resp", "msg")}_in${place}` }));
  await postJson(server, { input });
  expect(server.runs[1]?.turns).toHaveLength(3);
  expect(read).toHaveBeenCalledTimes(1);
  const twice = await server.post({ input: [...input, input[0]] });
  expect(await twice.json()).toMatchObject({ error: { code: "invalid_value", param: "input[3].id" } });
  expect(server.runs).toHaveLength(2);
});

test("a background response is returned at once, continues by itself, and is stored complete", async () => {
  const gate = Promise.withResolvers<void>();
  const server = await startResponsesGateway({
    runs: [
      async function* (run): AsyncGenerator<RunEvent> {
        yield { type: "start" };
        await gate.promise;
        yield* createRun("Hello.")(run);
      },
    ],
  });
  const queued = await postJson(server, { input: "hi", background: true });
  expect(queued).toMatchObject({ status: "queued", background: true, output: [] });
  const following = getEvents(server.store, queued.id);
  gate.resolve();
  const events = await following;
  expect(events.map(({ type }) => type).slice(0, 3)).toEqual([
    "response.created",
    "response.queued",
    "response.in_progress",
  ]);
  const response = validateStream(events);
  expect(response).toMatchObject({ id: queued.id, status: "completed", output: [{ type: "message" }] });
  expect(await getStored(server, queued.id)).toEqual(response);
});

test("fragments that arrive together are one delta of a background response", async () => {
  const server = await startResponsesGateway({
    runs: [
      async function* (): AsyncGenerator<RunEvent> {
        yield { type: "start" };
        for (let i = 0; i < 200; i += 1) yield textEvent("five ");
        yield endEvent;
      },
    ],
  });
  const { id } = await postJson(server, { input: "hi", background: true });
  const events = await getEvents(server.store, id);
  expect(validateStream(events)).toMatchObject({ output: [{ content: [{ text: "five ".repeat(200) }] }] });
  // Without batches there are 211 events of 48 KB.
  expect(events.length).toBeLessThan(60);
});

test("a background response is streamed from the store, and continues when its client disconnects", async () => {
  const gate = Promise.withResolvers<void>();
  const server = await startResponsesGateway({
    runs: [
      async function* (run): AsyncGenerator<RunEvent> {
        yield { type: "start" };
        yield textEvent("Hel");
        await gate.promise;
        yield textEvent("lo.");
        await run.journal?.add(createTurn("Hello."));
        yield endEvent;
      },
    ],
  });
  const leave = new AbortController();
  const answer = await server.post({ input: "hi", background: true, stream: true }, { signal: leave.signal });
  const reader = answer.body?.getReader();
  let received = "";
  while (!received.includes('"delta":"Hel"'))
    received += new TextDecoder().decode((await reader?.read())?.value);
  leave.abort();
  gate.resolve();
  const id = /"id":"(resp_\w+)"/.exec(received)?.[1] ?? "";
  expect(validateStream(await getEvents(server.store, id))).toMatchObject({
    status: "completed",
    output: [{ content: [{ text: "Hello." }] }],
  });
});

test("a background response has to be stored", async () => {
  const server = await startResponsesGateway({ runs: [createRun("Hello.")] });
  const answer = await server.post({ input: "hi", background: true, store: false });
  expect(await answer.json()).toMatchObject({ error: { code: "invalid_value", param: "background" } });
});

test("a response in progress cannot be continued", async () => {
  const server = await startResponsesGateway({
    runs: [
      async function* ({ signal }): AsyncGenerator<RunEvent> {
        yield { type: "start" };
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        yield { type: "end", reason: "aborted", usage: undefined };
      },
    ],
  });
  const { id } = await postJson(server, { input: "hi", background: true });
  const answer = await server.post({ input: "go on", previous_response_id: id });
  expect(await answer.json()).toMatchObject({
    error: { code: "invalid_value", param: "previous_response_id" },
  });
});

test("deleting a response in progress aborts its run", async () => {
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
  const { id } = await postJson(server, { input: "hi", background: true });
  await expect.poll(() => signals).toHaveLength(1);
  await server.store.remove(id, "operator");
  await expect.poll(() => signals[0]?.aborted).toBe(true);
});

test("when the store fails at the start, no model is called; when it fails later, the response fails", async () => {
  const full = (): Promise<never> =>
    Promise.reject(new GatewayError("storage_unavailable", "The disk is full."));
  const modelCalls: string[] = [];
  const run = async function* (): AsyncGenerator<RunEvent> {
    yield { type: "start" };
    modelCalls.push("model");
    yield textEvent("Hello.");
    yield endEvent;
  };
  const never = await startResponsesGateway({
    runs: [run],
    replaceStore: (store) => ({ ...store, create: full }),
  });
  expect((await never.post({ input: "hi" })).status).toBe(503);
  expect(modelCalls).toEqual([]);

  const midway = await startResponsesGateway({
    runs: [run],
    replaceStore: (store) => ({ ...store, finish: full }),
  });
  const body = await (await midway.post({ input: "hi", stream: true })).text();
  const events = parseEvents(body);
  expect(events.at(-2)).toMatchObject({ type: "error", code: "storage_unavailable" });
  expect(validateStream(events)).toMatchObject({ status: "failed" });
  expect((await midway.post({ input: "hi" })).status).toBe(503);
});
