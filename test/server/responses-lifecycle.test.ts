import { NotFoundError, type OpenAI } from "openai";
import { expect, test } from "vitest";
import type { RunEvent } from "../../server/agent/types.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import { endEvent, textEvent } from "../support/runs/response-events.ts";
import { startResponsesGateway, type ResponsesGateway } from "../support/gateway/responses-gateway.ts";

const start: RunEvent = { type: "start" };
const body = { model: "openclaw", input: "hi" };

/** A run that emits "Hel", and the rest after `resume`. */
function createPausedRun() {
  const begun = Promise.withResolvers<void>();
  const paused = Promise.withResolvers<void>();
  return {
    /** Resolves when the run has written a text and is paused. */
    begun: begun.promise,
    resume: paused.resolve,
    run: async function* ({ signal }: { readonly signal: AbortSignal }): AsyncGenerator<RunEvent> {
      yield start;
      yield textEvent("Hel");
      const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      begun.resolve();
      await Promise.race([paused.promise, aborted]);
      if (signal.aborted) {
        yield { type: "end", reason: "aborted", usage: undefined };
        return;
      }
      yield textEvent("lo.");
      yield endEvent;
    },
  };
}

const hello = (): readonly RunEvent[] => [start, textEvent("Hel"), textEvent("lo."), endEvent];

async function retrieve(server: ResponsesGateway, path: string): Promise<unknown> {
  const answer = await fetch(`${server.url}/v1/responses/${path}`);
  return [answer.status, await answer.json()];
}

test("a response is retrieved as it was returned, until it is deleted", async () => {
  const server = await startResponsesGateway({ runs: [hello] });
  const { responses } = createOpenAIClient(server);
  const created = await responses.create(body);
  expect(await responses.retrieve(created.id)).toMatchObject({ id: created.id, output_text: "Hello." });
  await responses.delete(created.id);
  await expect(responses.retrieve(created.id)).rejects.toBeInstanceOf(NotFoundError);
  await expect(responses.delete(created.id)).rejects.toBeInstanceOf(NotFoundError);
  expect(await retrieve(server, "resp_none")).toMatchObject([404, { error: { code: "response_not_found" } }]);
});

test("a broken stream resumes after its last event: the two parts are the complete stream", async () => {
  const { run, resume } = createPausedRun();
  const server = await startResponsesGateway({ runs: [run] });
  const { responses } = createOpenAIClient(server);
  const first: OpenAI.Responses.ResponseStreamEvent[] = [];
  for await (const event of await responses.create({ ...body, background: true, stream: true })) {
    first.push(event);
    if (event.type === "response.output_text.delta") break;
  }
  const [created] = first;
  const id = created?.type === "response.created" ? created.response.id : "";
  const starting_after = first.at(-1)?.sequence_number ?? 0;
  // The headers are sent with the first event.
  const rest = responses.retrieve(id, { stream: true, starting_after });
  resume();
  const allEvents = await Array.fromAsync(await responses.retrieve(id, { stream: true }));
  expect([...first, ...(await Array.fromAsync(await rest))]).toEqual(allEvents);
  expect(allEvents.map((event) => event.sequence_number)).toEqual(allEvents.map((_, index) => index));
  const final = await responses.stream({ response_id: id, starting_after }).finalResponse();
  expect(final.output_text).toBe("Hello.");
});

test("a stream that starts after the last event has only [DONE]", async () => {
  const server = await startResponsesGateway({ runs: [hello] });
  const { id } = await createOpenAIClient(server).responses.create(body);
  const answer = await fetch(`${server.url}/v1/responses/${id}?stream=true&starting_after=999`);
  expect(await answer.text()).toBe("data: [DONE]\n\n");
});

test("a cancelled background response is cancelled for those who retrieve it and for those who stream it", async () => {
  const { run, begun } = createPausedRun();
  const server = await startResponsesGateway({ runs: [run] });
  const { responses } = createOpenAIClient(server);
  const { id } = await responses.create({ ...body, background: true });
  const listening = responses.stream({ response_id: id }).finalResponse();
  listening.catch(() => {});
  await begun;
  const cancelled = await responses.cancel(id);
  expect(cancelled).toMatchObject({ id, status: "cancelled", output: [{ status: "incomplete" }] });
  expect(await responses.retrieve(id)).toMatchObject({ status: "cancelled" });
  await expect(listening).rejects.toThrow(/aborted/);
  expect(await responses.cancel(id)).toMatchObject({ status: "cancelled" });
});

test("a client that follows a response when the gateway stops receives that error, not the end of the response", async () => {
  const server = await startResponsesGateway({ runs: [createPausedRun().run] });
  const { responses } = createOpenAIClient(server);
  const stream = await responses.create({ ...body, background: true, stream: true });
  const follow = async (): Promise<void> => {
    for await (const { type } of stream) if (type === "response.output_text.delta") void server.stop();
  };
  await expect(follow()).rejects.toMatchObject({ code: "shutting_down" });
});

test("only background responses can be cancelled, and a response that has ended does not change", async () => {
  const { run } = createPausedRun();
  const server = await startResponsesGateway({ runs: [hello, run] });
  const { responses } = createOpenAIClient(server);
  const created = await responses.create(body);
  expect(await responses.cancel(created.id)).toMatchObject({ status: "completed" });
  const stream = await responses.create({ ...body, stream: true });
  for await (const event of stream) {
    if (event.type !== "response.created") continue;
    await expect(responses.cancel(event.response.id)).rejects.toMatchObject({ status: 400 });
    break;
  }
});

test.each([true, false])(
  "a response of a process that died has failed, and its stream ends with an error; background: %s",
  async (background) => {
    const server = await startResponsesGateway({ runs: [hello] });
    const { id } = await createOpenAIClient(server).responses.create(body);
    const found = await server.store.get(id, "operator");
    const response: unknown = JSON.parse(found?.response ?? "");
    const after = await startResponsesGateway({
      runs: [],
      replaceStore: (store) => ({
        ...store,
        get: () => Promise.resolve(found && { ...found, background, status: "interrupted" as const }),
        async *follow() {
          const event = { type: "response.created", sequence_number: 0, response };
          if (background) yield { seq: 0, data: JSON.stringify(event) };
        },
      }),
    });
    expect(await retrieve(after, id)).toMatchObject([
      200,
      { status: "failed", error: { code: "server_error" } },
    ]);
    const stream = await (await fetch(`${after.url}/v1/responses/${id}?stream=true`)).text();
    expect(stream).toMatch(/event: response.created\n[^]*event: error\ndata: {"type":"error"/);
    expect(stream).not.toContain("[DONE]");
  },
);

test("the input of a response is listed in pages, newest or oldest first", async () => {
  const server = await startResponsesGateway({ runs: [hello] });
  const { responses } = createOpenAIClient(server);
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
  expect(await retrieve(server, `${id}/input_items?limit=2&after=${name}_in3`)).toMatchObject([
    200,
    { object: "list", first_id: `${name}_in2`, last_id: `${name}_in1`, has_more: true },
  ]);
  expect(await retrieve(server, `${id}/input_items?after=none`)).toMatchObject([
    400,
    { error: { param: "after" } },
  ]);
});

test("items with the same id, or an empty one, are listed once each", async () => {
  const server = await startResponsesGateway({ runs: [hello] });
  const { responses } = createOpenAIClient(server);
  const input = ["a", "b", "a", ""].map((id) => ({ type: "message", role: "user", content: "hi", id }));
  const { id } = (await (await server.post({ input })).json()) as { readonly id: string };
  const seen: (string | undefined)[] = [];
  for await (const item of responses.inputItems.list(id, { limit: 1, order: "asc" })) {
    seen.push(item.id);
    if (seen.length > input.length) break;
  }
  const name = id.replace("resp", "msg");
  expect(seen).toEqual(["a", "b", `${name}_in2`, `${name}_in3`]);
});

test("an end that cannot be stored is sent as a failure, and stored as one when the store works again", async () => {
  let failuresLeft = 1;
  const server = await startResponsesGateway({
    runs: [hello],
    replaceStore: (store) => ({
      ...store,
      finish(id, end) {
        failuresLeft -= 1;
        if (failuresLeft < 0) return store.finish(id, end);
        return Promise.reject(new GatewayError("storage_unavailable", "The disk is full."));
      },
    }),
  });
  const streamed = await (await server.post({ ...body, stream: true })).text();
  expect(streamed).toContain("event: response.failed");
  expect(streamed).not.toContain("event: response.completed");
  const [, id = ""] = /"(resp_[^"]+)"/.exec(streamed) ?? [];
  await expect
    .poll(() => retrieve(server, id))
    .toMatchObject([200, { status: "failed", error: { message: "The disk is full." } }]);
  const replayed = await (await fetch(`${server.url}/v1/responses/${id}?stream=true`)).text();
  // The response does not have the gateway's code of its error.
  expect(replayed).toMatch(/"type":"error".*"code":"internal_error","message":"The disk is full\."/);
  expect(replayed).toContain("event: response.failed");
  expect(replayed).not.toContain("[DONE]");
});
