import { NotFoundError, type OpenAI } from "openai";
import { expect, test, vi } from "vitest";
import type { RunEvent } from "../../server/agent/types.ts";
import { GatewayError } from "../../server/errors.ts";
import { openaiClient } from "../support/openai-client.ts";
import { end, text } from "../support/responses.ts";
import { openStore } from "../support/stores.ts";
import { openResponsesDoor, type ResponsesDoor } from "../support/responses-door.ts";

const start: RunEvent = { type: "start" };
const asked = { model: "openclaw", input: "hi" };

/** A run that says "Hel", and the rest when it is let go on. */
function halting() {
  const gate = Promise.withResolvers<void>();
  return {
    goOn: gate.resolve,
    run: async function* ({ signal }: { readonly signal: AbortSignal }): AsyncGenerator<RunEvent> {
      yield start;
      yield text("Hel");
      const left = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      await Promise.race([gate.promise, left]);
      if (signal.aborted) {
        yield { type: "end", reason: "aborted", usage: undefined };
        return;
      }
      yield text("lo.");
      yield end;
    },
  };
}

const hello = (): readonly RunEvent[] => [start, text("Hel"), text("lo."), end];

async function retrieved(door: ResponsesDoor, path: string): Promise<unknown> {
  const answer = await fetch(`${door.url}/v1/responses/${path}`);
  return [answer.status, await answer.json()];
}

test("a response is looked up as it was answered, and is gone once it is deleted", async () => {
  const door = await openResponsesDoor({ runs: [hello] });
  const { responses } = openaiClient(door);
  const made = await responses.create(asked);
  expect(await responses.retrieve(made.id)).toMatchObject({ id: made.id, output_text: "Hello." });
  await responses.delete(made.id);
  await expect(responses.retrieve(made.id)).rejects.toBeInstanceOf(NotFoundError);
  await expect(responses.delete(made.id)).rejects.toBeInstanceOf(NotFoundError);
  expect(await retrieved(door, "resp_none")).toMatchObject([404, { error: { code: "response_not_found" } }]);
});

test("a stream that was cut is taken up where it ended: the two halves are the whole", async () => {
  const { run, goOn } = halting();
  const door = await openResponsesDoor({ runs: [run] });
  const { responses } = openaiClient(door);
  const first: OpenAI.Responses.ResponseStreamEvent[] = [];
  for await (const event of await responses.create({ ...asked, background: true, stream: true })) {
    first.push(event);
    if (event.type === "response.output_text.delta") break;
  }
  const [created] = first;
  const id = created?.type === "response.created" ? created.response.id : "";
  const starting_after = first.at(-1)?.sequence_number ?? 0;
  // Its headers come with its first event.
  const rest = responses.retrieve(id, { stream: true, starting_after });
  goOn();
  const whole = await Array.fromAsync(await responses.retrieve(id, { stream: true }));
  expect([...first, ...(await Array.fromAsync(await rest))]).toEqual(whole);
  expect(whole.map((event) => event.sequence_number)).toEqual(whole.map((_, index) => index));
  const final = await responses.stream({ response_id: id, starting_after }).finalResponse();
  expect(final.output_text).toBe("Hello.");
});

test("asking for what comes after the end is a stream of nothing that ends well", async () => {
  const door = await openResponsesDoor({ runs: [hello] });
  const { id } = await openaiClient(door).responses.create(asked);
  const answer = await fetch(`${door.url}/v1/responses/${id}?stream=true&starting_after=999`);
  expect(await answer.text()).toBe("data: [DONE]\n\n");
});

test("a background response is cancelled, and told as such to those who look and those who listen", async () => {
  const { run } = halting();
  const door = await openResponsesDoor({ runs: [run] });
  const { responses } = openaiClient(door);
  const { id } = await responses.create({ ...asked, background: true });
  const listening = responses.stream({ response_id: id }).finalResponse();
  listening.catch(() => {});
  await vi.waitFor(() => expect(door.runs).toHaveLength(1));
  const cancelled = await responses.cancel(id);
  expect(cancelled).toMatchObject({ id, status: "cancelled", output: [{ status: "incomplete" }] });
  expect(await responses.retrieve(id)).toMatchObject({ status: "cancelled" });
  await expect(listening).rejects.toThrow(/aborted/);
  expect(await responses.cancel(id)).toMatchObject({ status: "cancelled" });
});

test("who follows a response when the gateway stops is told that, not how the response ends", async () => {
  const door = await openResponsesDoor({ runs: [halting().run] });
  const { responses } = openaiClient(door);
  const stream = await responses.create({ ...asked, background: true, stream: true });
  const follow = async (): Promise<void> => {
    for await (const { type } of stream)
      if (type === "response.output_text.delta")
        door.departures.abortAll(new GatewayError("shutting_down", "The gateway stops."));
  };
  await expect(follow()).rejects.toMatchObject({ code: "shutting_down" });
});

test("only what is in the background can be cancelled, and what has ended stays as it is", async () => {
  const { run } = halting();
  const door = await openResponsesDoor({ runs: [hello, run] });
  const { responses } = openaiClient(door);
  const made = await responses.create(asked);
  expect(await responses.cancel(made.id)).toMatchObject({ status: "completed" });
  const stream = await responses.create({ ...asked, stream: true });
  for await (const event of stream) {
    if (event.type !== "response.created") continue;
    await expect(responses.cancel(event.response.id)).rejects.toMatchObject({ status: 400 });
    break;
  }
});

test("a response of a process that died has failed, and its stream says that it was cut", async () => {
  const door = await openResponsesDoor({ runs: [hello] });
  const { id } = await openaiClient(door).responses.create(asked);
  const found = await door.store.get(id, "operator");
  const store = {
    ...door.store,
    get: () => Promise.resolve(found && { ...found, status: "interrupted" as const }),
    async *follow() {
      yield { seq: 0, data: '{"type":"response.created","sequence_number":0}' };
    },
  };
  const after = await openResponsesDoor({ runs: [], store });
  expect(await retrieved(after, id)).toMatchObject([
    200,
    { status: "failed", error: { code: "server_error" } },
  ]);
  const told = await (await fetch(`${after.url}/v1/responses/${id}?stream=true`)).text();
  expect(told).toContain('event: error\ndata: {"type":"error","sequence_number":1,"code":"run_aborted"');
  expect(told).not.toContain("[DONE]");
});

test("the input of a response is listed in pages, newest or oldest first", async () => {
  const door = await openResponsesDoor({ runs: [hello] });
  const { responses } = openaiClient(door);
  const input = Array.from({ length: 5 }, (_, index) => ({ role: "user" as const, content: `${index}` }));
  const { id } = await responses.create({ model: "openclaw", input });
  const textsOf = async (query: OpenAI.Responses.InputItemListParams): Promise<string> => {
    const texts: string[] = [];
    for await (const item of responses.inputItems.list(id, query)) texts.push(JSON.stringify(item));
    return texts.map((item) => /"text":"(\d)"/.exec(item)?.[1]).join("");
  };
  expect(await textsOf({})).toBe("43210");
  expect(await textsOf({ limit: 2, order: "asc" })).toBe("01234");
  const name = id.replace("resp", "msg");
  expect(await retrieved(door, `${id}/input_items?limit=2&after=${name}_in3`)).toMatchObject([
    200,
    { object: "list", first_id: `${name}_in2`, last_id: `${name}_in1`, has_more: true },
  ]);
  expect(await retrieved(door, `${id}/input_items?after=none`)).toMatchObject([
    400,
    { error: { param: "after" } },
  ]);
});

test("items that came with the same id, or an empty one, are listed once each", async () => {
  const door = await openResponsesDoor({ runs: [hello] });
  const { responses } = openaiClient(door);
  const input = ["a", "b", "a", ""].map((id) => ({ type: "message", role: "user", content: "hi", id }));
  const { id } = (await (await door.post({ input })).json()) as { readonly id: string };
  const seen: (string | undefined)[] = [];
  for await (const item of responses.inputItems.list(id, { limit: 1, order: "asc" })) {
    seen.push(item.id);
    if (seen.length > input.length) break;
  }
  const name = id.replace("resp", "msg");
  expect(seen).toEqual(["a", "b", `${name}_in2`, `${name}_in3`]);
});

test("an end that cannot be written is told as a failure, and written as one when the store has healed", async () => {
  const { responses: store } = await openStore();
  let broken = 1;
  const finish: typeof store.finish = (id, end) => {
    broken -= 1;
    if (broken < 0) return store.finish(id, end);
    return Promise.reject(new GatewayError("storage_unavailable", "The disk is full."));
  };
  const door = await openResponsesDoor({ runs: [hello], store: { ...store, finish } });
  const streamed = await (await door.post({ ...asked, stream: true })).text();
  expect(streamed).toContain("event: response.failed");
  expect(streamed).not.toContain("event: response.completed");
  const [, id = ""] = /"(resp_[^"]+)"/.exec(streamed) ?? [];
  await expect
    .poll(() => retrieved(door, id), { timeout: 20_000 })
    .toMatchObject([200, { status: "failed", error: { message: "The disk is full." } }]);
  const replayed = await (await fetch(`${door.url}/v1/responses/${id}?stream=true`)).text();
  expect(replayed).toBe(streamed);
});
