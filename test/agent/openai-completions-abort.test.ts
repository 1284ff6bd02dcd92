/** Aborting a call closes the provider's socket; a consumer that does not read stops the provider. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import type { ModelEvent } from "../../server/agent/types.ts";
import {
  createModelCall,
  collectModelEvents,
  createCompletionsModel,
  createPushedModel,
} from "../support/providers/openai-completions.ts";
import {
  completionChunk,
  sseFrames,
  stall,
  startScriptedProvider,
  sseResponse,
  waitForClose,
  type ResponseStep,
} from "../support/providers/scripted-provider.ts";
import { waitUntilStable } from "../support/wait-until-stable.ts";

const opening = `data: ${JSON.stringify(completionChunk({ content: "a" }))}\n\n`;
const never = new AbortController().signal;

test("a call that is aborted before it starts sends nothing", async () => {
  await using provider = await startScriptedProvider();
  expect(
    await collectModelEvents(
      createCompletionsModel(provider.baseUrl),
      createModelCall(),
      AbortSignal.abort(),
    ),
  ).toEqual([]);
  expect(provider.requests()).toEqual([]);
});

test("abort before the response ends the iteration and closes the socket", async () => {
  await using provider = await startScriptedProvider();
  provider.script({ steps: [stall] });
  const abort = new AbortController();
  const events = collectModelEvents(
    createCompletionsModel(provider.baseUrl),
    createModelCall(),
    abort.signal,
  );
  await expect.poll(() => provider.requests().length).toBe(1);
  abort.abort();
  expect(await events).toEqual([]);
  await waitForClose(provider);
});

test("abort during a pending read ends the iteration and closes the socket", async () => {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse(opening, stall));
  const abort = new AbortController();
  const events = createCompletionsModel(provider.baseUrl)(createModelCall(), abort.signal)[
    Symbol.asyncIterator
  ]();
  expect(await events.next()).toEqual({ done: false, value: { type: "text", text: "a" } });
  const next = events.next();
  abort.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  await waitForClose(provider);
});

test("abort between two events of one read closes the socket at once and emits no more events", async () => {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse(opening.repeat(3), stall));
  const abort = new AbortController();
  const events: ModelEvent[] = [];
  const sink = {
    emit: (event: ModelEvent): void => {
      events.push(event);
      abort.abort();
    },
  };
  await createPushedModel(provider.baseUrl)(createModelCall(), sink, abort.signal);
  await waitForClose(provider);
  expect(events).toEqual([{ type: "text", text: "a" }]);
});

test("abort with the last event of a read starts no timer again", async () => {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse(opening, stall));
  const abort = new AbortController();
  const setTimer = vi.spyOn(globalThis, "setTimeout");
  const silenceMs = 54_321;
  await createPushedModel(provider.baseUrl, { silenceMs })(
    createModelCall(),
    { emit: () => abort.abort() },
    abort.signal,
  );
  await waitForClose(provider);
  expect(setTimer.mock.calls.filter(([, ms]) => ms === silenceMs)).toEqual([]);
  setTimer.mockRestore();
});

test.each([
  ["the last event", sseResponse(sseFrames(completionChunk({ content: "a" }, "stop")))],
  ["every event", sseResponse("data: {oops}\n\n", stall)],
])("a call rejects when its sink throws on %s", async (_, response) => {
  await using provider = await startScriptedProvider();
  provider.script(response);
  const sink = {
    emit: ({ type }: ModelEvent): void => {
      if (type !== "text") throw new Error("no room");
    },
  };
  const call = createPushedModel(provider.baseUrl)(createModelCall(), sink, never);
  const outcome = call.then(
    () => "resolved",
    (error: unknown) => String(error),
  );
  expect(await outcome).toBe("Error: no room");
});

test("a provider that goes on sending after [DONE] does not delay the end of the call", async () => {
  await using provider = await startScriptedProvider();
  const answer = sseFrames(completionChunk({ content: "a" }, "stop"));
  const steps = function* (): Generator<ResponseStep> {
    yield answer;
    for (;;) {
      yield { waitMs: 50 };
      yield ": keep-alive\n\n";
    }
  };
  provider.script({ ...sseResponse(), steps: steps() });
  const events = await collectModelEvents(createCompletionsModel(provider.baseUrl));
  expect(events.map(({ type }) => type)).toEqual(["text", "finish"]);
  await waitForClose(provider);
});

test("breaking out of the iteration closes the socket", async () => {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse(opening, stall));
  for await (const _ of createCompletionsModel(provider.baseUrl)(createModelCall(), never)) break;
  await waitForClose(provider);
});

test("return() does not wait for a pending read", async () => {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse(opening, stall));
  const events = createCompletionsModel(provider.baseUrl)(createModelCall(), never)[Symbol.asyncIterator]();
  await events.next();
  const next = events.next();
  await events.return?.();
  expect(await next).toEqual({ done: true, value: undefined });
  await waitForClose(provider);
});

test("an invalid response closes the socket too", async () => {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse("data: {oops}\n\n", stall));
  expect(await collectModelEvents(createCompletionsModel(provider.baseUrl))).toMatchObject([
    { type: "error" },
  ]);
  await waitForClose(provider);
});

test("a finished call leaves no listener on the caller's signal", async () => {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse(sseFrames(completionChunk({}, "stop"))));
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
  signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args));
  const call = createPushedModel(provider.baseUrl)(createModelCall(), { emit: () => {} }, signal);
  expect(listeners).toBe(1);
  await call;
  expect(listeners).toBe(0);
});

test("a consumer that does not read stops the provider and causes no timeout", async () => {
  await using provider = await startScriptedProvider();
  const text = `data: ${JSON.stringify(completionChunk({ content: "x".repeat(10_000) }))}\n\n`;
  const total = 5_000;
  let sent = 0;
  const steps = function* (): Generator<string> {
    for (; sent < total; sent++) yield text;
    yield sseFrames(completionChunk({}, "stop"));
  };
  provider.script({ headers: { "content-type": "text/event-stream" }, steps: steps() });
  const events = createCompletionsModel(provider.baseUrl, { silenceMs: 1_000 })(createModelCall(), never)[
    Symbol.asyncIterator
  ]();
  let received = 0;
  // Reads past the first read: only then does the silence limit apply.
  for (; received < 100; received++) await events.next();
  // Longer than the silence limit, and until the provider has stopped.
  await sleep(1_500);
  expect(await waitUntilStable(() => sent)).toBeLessThan(total);

  for (let next = await events.next(); next.done !== true; next = await events.next()) {
    if (next.value.type === "text") received++;
    else expect(next.value).toMatchObject({ type: "finish" });
  }
  expect(received).toBe(total);
});
