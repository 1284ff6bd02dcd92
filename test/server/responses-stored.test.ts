import { expect, test, vi } from "vitest";
import type { ResponseEvent } from "../../contracts/http/responses/events.ts";
import type { ResponseStore } from "../../server/agent/sessions/responses.ts";
import type { AssistantTurn, Run, RunEvent } from "../../server/agent/types.ts";
import { GatewayError } from "../../server/errors.ts";
import { end, text } from "../support/responses.ts";
import { openResponsesDoor, type ResponsesDoor } from "../support/responses-door.ts";
import { foldStream } from "../support/responses-grammar.ts";
import { openStore } from "../support/stores.ts";

const said = (words: string): AssistantTurn => ({ role: "assistant", text: words, calls: [] });

/** Does what an ephemeral run does: what it says is kept before it is over. */
const saying = (words: string) =>
  async function* (run: Run): AsyncGenerator<RunEvent> {
    yield { type: "start" };
    yield text(words);
    await run.journal?.add(said(words));
    yield end;
  };

interface Answered {
  readonly id: string;
  readonly status: string;
  readonly output: readonly { readonly id: string }[];
}

const ask = async (door: ResponsesDoor, body: object): Promise<Answered> =>
  (await (await door.post(body)).json()) as Answered;

const storedOf = async (door: ResponsesDoor, id: string): Promise<unknown> => {
  const found = await door.store.get(id, "operator");
  return found && JSON.parse(found.response);
};

async function eventsOf(store: ResponseStore, id: string): Promise<readonly ResponseEvent[]> {
  const events = await Array.fromAsync(store.follow(id, 0, new AbortController().signal));
  return events.map(({ data }) => JSON.parse(data) as ResponseEvent);
}

test("a response is kept as it was answered, with its events and its input, unless store is false", async () => {
  const door = await openResponsesDoor({ runs: [saying("Hello.")] });
  const answered = await ask(door, { input: "hi", instructions: "Be brief." });
  expect(await storedOf(door, answered.id)).toEqual(answered);
  expect(foldStream(await eventsOf(door.store, answered.id))).toEqual(answered);
  expect(JSON.parse((await door.store.input(answered.id, "operator")) ?? "")).toEqual([
    {
      type: "message",
      id: `${answered.id.replace("resp", "msg")}_in0`,
      status: "completed",
      role: "user",
      content: [{ type: "input_text", text: "hi" }],
    },
  ]);
  const { request } = (await door.store.get(answered.id, "operator")) ?? {};
  expect(JSON.parse(request ?? "")).toEqual({ instructions: "Be brief." });

  const left = await ask(door, { input: "hi", store: false });
  expect(await storedOf(door, left.id)).toBeUndefined();
});

test("a streamed response can be read again, with the same numbers", async () => {
  const door = await openResponsesDoor({ runs: [saying("Hello.")] });
  const body = await (await door.post({ input: "hi", stream: true })).text();
  const told = [...body.matchAll(/^data: (\{.*)$/gm)].map(
    ([, data = ""]) => JSON.parse(data) as ResponseEvent,
  );
  const [created] = told;
  expect(await eventsOf(door.store, created && "response" in created ? created.response.id : "")).toEqual(
    told,
  );
});

test("a response goes on where another ended: its input, its output, then what is new", async () => {
  const door = await openResponsesDoor({ runs: [saying("Hello Ada."), saying("You are Ada.")] });
  const first = await ask(door, { input: "I am Ada.", instructions: "Be brief." });
  const second = await ask(door, { input: "Who am I?", previous_response_id: first.id });
  expect(second).toMatchObject({ previous_response_id: first.id, instructions: null });
  expect(door.runs[1]).toMatchObject({
    instructions: "",
    turns: [
      { role: "user", content: [{ text: "I am Ada." }] },
      { role: "assistant", text: "Hello Ada." },
      { role: "user", content: [{ text: "Who am I?" }] },
    ],
    turnParams: ["previous_response_id", "previous_response_id", "input"],
  });
  await ask(door, { input: "Thanks.", previous_response_id: second.id });
  expect(door.runs[2]?.turns).toHaveLength(5);
  await ask(door, { input: "And you?", previous_response_id: first.id });
  expect(door.runs[3]?.turns).toHaveLength(3);
});

test("instructions among the messages count for what continues, also when their conversation was made short", async () => {
  const shortening = async function* (run: Run): AsyncGenerator<RunEvent> {
    yield { type: "start" };
    await run.journal?.replace([said("They spoke.")]);
    yield text("Short.");
    await run.journal?.add(said("Short."));
    yield end;
  };
  const door = await openResponsesDoor({ runs: [saying("One."), shortening, saying("Three.")] });
  const told = (content: string) => [
    { role: "developer", content },
    { role: "user", content: "hi" },
  ];
  const first = await ask(door, { input: told("Be brief."), instructions: "Count." });
  const second = await ask(door, { input: told("Be kind."), previous_response_id: first.id });
  await ask(door, { input: "bye", instructions: "Rhyme.", previous_response_id: second.id });

  expect(door.runs.map(({ instructions }) => instructions)).toEqual([
    "Count.\n\nBe brief.",
    "Be brief.\n\nBe kind.",
    "Rhyme.\n\nBe brief.\n\nBe kind.",
  ]);
  expect(door.runs[2]?.turns).toMatchObject([said("They spoke."), said("Short."), { role: "user" }]);
});

test("a user of the request chooses no session when a response is continued", async () => {
  const door = await openResponsesDoor({ runs: [saying("Hello.")] });
  const first = await ask(door, { input: "hi" });
  await ask(door, { input: "go on", user: "ada", previous_response_id: first.id });
  expect(door.routes[1]?.user).toBeUndefined();
});

test("a response of a session is continued in that session", async () => {
  const door = await openResponsesDoor({ runs: [saying("Hello.")] });
  const headers = { "x-openclaw-session-key": "notes" };
  const first = (await (await door.post({ input: "hi" }, { headers })).json()) as Answered;
  const answer = await door.post({ input: "go on", previous_response_id: first.id });
  expect(answer.headers.get("x-openclaw-session-key")).toBe("agent:main:notes");
  expect(door.runs[1]).toMatchObject({ sessionKey: "agent:main:notes", turns: [{ role: "user" }] });
});

test("what does not exist, was not stored, or is another agent's cannot be continued", async () => {
  const door = await openResponsesDoor({ runs: [saying("Hello.")] });
  const unstored = await ask(door, { input: "hi", store: false });
  const stored = await ask(door, { input: "hi" });
  const refusal = async (id: string, headers: Record<string, string> = {}): Promise<unknown> => {
    const answer = await door.post({ input: "go on", previous_response_id: id }, { headers });
    return [answer.status, await answer.json()];
  };
  const error = { code: "previous_response_not_found", param: "previous_response_id" };
  expect(await refusal("resp_none")).toMatchObject([400, { error }]);
  expect(await refusal(unstored.id)).toMatchObject([400, { error }]);
  expect(await refusal(stored.id, { "x-openclaw-agent-id": "coder" })).toMatchObject([400, { error }]);
});

test("an item of a stored response may stand in the input by its id", async () => {
  const door = await openResponsesDoor({ runs: [saying("Hello.")] });
  const { id, output } = await ask(door, { input: "hi" });
  const input = [
    { type: "item_reference", id: `${id.replace("resp", "msg")}_in0` },
    { id: output[0]?.id },
    { role: "user", content: "go on" },
  ];
  await ask(door, { input });
  expect(door.runs[1]?.turns).toMatchObject([
    { role: "user", content: [{ text: "hi" }] },
    { role: "assistant", text: "Hello." },
    { role: "user" },
  ]);
  const refused = await door.post({ input: [{ type: "item_reference", id: "msg_none" }] });
  expect(await refused.json()).toMatchObject({ error: { code: "invalid_value", param: "input[0].id" } });
});

test("a response is read once for all of its items, and each of them may be named once", async () => {
  const { responses } = await openStore();
  const read = vi.spyOn(responses, "input");
  const door = await openResponsesDoor({ runs: [saying("Hello.")], store: responses });
  const { id } = await ask(door, { input: ["a", "b", "c"].map((content) => ({ role: "user", content })) });
  const input = [0, 1, 2].map((place) => ({ id: `${id.replace("resp", "msg")}_in${place}` }));
  await ask(door, { input });
  expect(door.runs[1]?.turns).toHaveLength(3);
  expect(read).toHaveBeenCalledTimes(1);
  const twice = await door.post({ input: [...input, input[0]] });
  expect(await twice.json()).toMatchObject({ error: { code: "invalid_value", param: "input[3].id" } });
  expect(door.runs).toHaveLength(2);
});

test("a background response is answered at once, goes on by itself, and is found complete", async () => {
  const gate = Promise.withResolvers<void>();
  const door = await openResponsesDoor({
    runs: [
      async function* (run): AsyncGenerator<RunEvent> {
        yield { type: "start" };
        await gate.promise;
        yield* saying("Hello.")(run);
      },
    ],
  });
  const answered = await ask(door, { input: "hi", background: true });
  expect(answered).toMatchObject({ status: "queued", background: true, output: [] });
  const following = eventsOf(door.store, answered.id);
  gate.resolve();
  const events = await following;
  expect(events.map(({ type }) => type).slice(0, 3)).toEqual([
    "response.created",
    "response.queued",
    "response.in_progress",
  ]);
  const response = foldStream(events);
  expect(response).toMatchObject({ id: answered.id, status: "completed", output: [{ type: "message" }] });
  expect(await storedOf(door, answered.id)).toEqual(response);
  await door.departures.idle(1_000);
});

test("a background response is streamed from what is stored, and outlives its reader", async () => {
  const gate = Promise.withResolvers<void>();
  const door = await openResponsesDoor({
    runs: [
      async function* (run): AsyncGenerator<RunEvent> {
        yield { type: "start" };
        yield text("Hel");
        await gate.promise;
        yield text("lo.");
        await run.journal?.add(said("Hello."));
        yield end;
      },
    ],
  });
  const leave = new AbortController();
  const answer = await door.post({ input: "hi", background: true, stream: true }, { signal: leave.signal });
  const reader = answer.body?.getReader();
  let seen = "";
  while (!seen.includes('"delta":"Hel"')) seen += new TextDecoder().decode((await reader?.read())?.value);
  leave.abort();
  gate.resolve();
  const id = /"id":"(resp_\w+)"/.exec(seen)?.[1] ?? "";
  expect(foldStream(await eventsOf(door.store, id))).toMatchObject({
    status: "completed",
    output: [{ content: [{ text: "Hello." }] }],
  });
});

test("a background response has to be stored", async () => {
  const door = await openResponsesDoor({ runs: [saying("Hello.")] });
  const answer = await door.post({ input: "hi", background: true, store: false });
  expect(await answer.json()).toMatchObject({ error: { code: "invalid_value", param: "background" } });
});

test("a response that is still being made cannot be continued", async () => {
  const door = await openResponsesDoor({
    runs: [
      async function* (): AsyncGenerator<RunEvent> {
        yield { type: "start" };
        await new Promise(() => {});
      },
    ],
  });
  const { id } = await ask(door, { input: "hi", background: true });
  const answer = await door.post({ input: "go on", previous_response_id: id });
  expect(await answer.json()).toMatchObject({
    error: { code: "invalid_value", param: "previous_response_id" },
  });
});

test("a response that is deleted while it is made is made no further", async () => {
  const signals: AbortSignal[] = [];
  const door = await openResponsesDoor({
    runs: [
      async function* (run): AsyncGenerator<RunEvent> {
        signals.push(run.signal);
        yield { type: "start" };
        yield text("Hel");
        await new Promise((resolve) => run.signal.addEventListener("abort", resolve));
        yield { type: "end", reason: "aborted", usage: undefined };
      },
    ],
  });
  const { id } = await ask(door, { input: "hi", background: true });
  await vi.waitFor(() => expect(signals).toHaveLength(1));
  await door.store.remove(id, "operator");
  await vi.waitFor(() => expect(signals[0]?.aborted).toBe(true), 5_000);
});

test("when nothing can be stored, no model is asked; when it stops midway, no end is told as good", async () => {
  const { responses } = await openStore();
  const full = (): Promise<never> =>
    Promise.reject(new GatewayError("storage_unavailable", "The disk is full."));
  const asked: string[] = [];
  const run = async function* (): AsyncGenerator<RunEvent> {
    yield { type: "start" };
    asked.push("model");
    yield text("Hello.");
    yield end;
  };
  const never = await openResponsesDoor({ runs: [run], store: { ...responses, create: full } });
  expect((await never.post({ input: "hi" })).status).toBe(503);
  expect(asked).toEqual([]);

  const midway = await openResponsesDoor({ runs: [run], store: { ...responses, finish: full } });
  const body = await (await midway.post({ input: "hi", stream: true })).text();
  const told = [...body.matchAll(/^data: (\{.*)$/gm)].map(
    ([, data = ""]) => JSON.parse(data) as ResponseEvent,
  );
  expect(told.at(-2)).toMatchObject({ type: "error", code: "storage_unavailable" });
  expect(foldStream(told)).toMatchObject({ status: "failed" });
  expect((await midway.post({ input: "hi" })).status).toBe(503);
});
