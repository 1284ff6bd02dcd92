/** Every fault of a provider after its first content: what came stays, the stream says that it is not the whole. */
import { afterAll, describe, expect, test } from "vitest";
import { ask, keysSeenBy, leaks, rightAnswer, runOf, startCell, storedIn } from "../support/fault-cell.ts";
import { keys, lateFaults, shown } from "../support/fault-table.ts";
import { startProviderProcess } from "../support/provider-process.ts";
import { chunk, cut, hold, streamed } from "../support/scripted-provider.ts";

const providers = await startProviderProcess();
afterAll(() => providers.stop());

const cells = lateFaults.flatMap((row) => [
  { ...row, fallback: false, where: "without a fallback" },
  { ...row, fallback: true, where: "with a fallback that is not asked" },
]);

test.for(cells)("$fault, $where: an error frame with $code", async (cell) => {
  const { code, fallback, says = "" } = cell;
  const [a, b] = [providers.lane(), providers.lane()];
  const next = rightAnswer("asked once too often", true);
  await Promise.all([a.script(...cell.plays, next), b.script(next)]);
  const gateway = await startCell({ a, b: fallback ? b : undefined, timeouts: cell.timeouts });
  const { raw, ...received } = await ask(gateway, { stream: true, onContent: () => a.go() });

  expect(received).toEqual({
    status: 200,
    retryAfter: null,
    shouldRetry: null,
    text: shown,
    calls: [],
    callIds: [],
    tokens: undefined,
    done: false,
    thrown: { class: "APIError", status: undefined },
    error: {
      code,
      param: null,
      type: code === "context_length_exceeded" ? "invalid_request_error" : "server_error",
      message: expect.stringContaining(says) as string,
    },
  });
  expect(raw).toMatch(/\n\ndata: \{"error":\{[^\n]*\}\}\n\n$/);
  expect(raw).not.toContain("[DONE]");
  expect(leaks(gateway, raw)).toEqual([]);
  expect(await keysSeenBy(a)).toEqual([keys.a]);
  expect(await keysSeenBy(b)).toEqual([]);
  expect(runOf(gateway)).toEqual({ outcome: code, model: "a/m" });
  expect(await storedIn(gateway)).toEqual(["user: hello", `assistant (error): ${shown}`]);
});

describe("what counts as content", () => {
  const look = { type: "function" as const, function: { name: "look", parameters: {} } };
  const call = { index: 0, id: "call_1", type: "function", function: { name: "look", arguments: '{"at' } };
  const opening = (delta: object) => streamed(`data: ${JSON.stringify(chunk(delta))}\n\n`, hold, cut);

  test.for([
    ["a call of the client's tool", { tool_calls: [call] }, ["user: hello"]],
    ["thinking", { reasoning_content: "hm" }, ["user: hello", "assistant (error): "]],
    ["a refusal", { refusal: "I can" }, ["user: hello", "assistant (error): "]],
  ] as const)("%s does: no other provider is asked", async ([, delta, stored]) => {
    const [a, b] = [providers.lane(), providers.lane()];
    await a.script(opening(delta));
    await a.go();
    const gateway = await startCell({ a, b });
    const received = await ask(gateway, { stream: true, tools: [look] });

    expect(received).toMatchObject({ status: 200, done: false, error: { code: "upstream_protocol" } });
    expect(await keysSeenBy(b)).toEqual([]);
    expect(await storedIn(gateway)).toEqual(stored);
  });

  test.for([
    ["the role alone", { role: "assistant", content: "" }],
    ["a call of a tool that nobody offered", { tool_calls: [call] }],
  ] as const)("%s does not: the fallback answers", async ([, delta]) => {
    const [a, b] = [providers.lane(), providers.lane()];
    await Promise.all([a.script(opening(delta)), b.script(rightAnswer("all is well", true)), a.go()]);
    const gateway = await startCell({ a, b });

    expect(await ask(gateway, { stream: true })).toMatchObject({ text: "all is well", done: true });
    expect(await storedIn(gateway)).toEqual(["user: hello", "assistant: all is well"]);
  });
});

test("a provider's comments are life: an answer may take longer than the silence that is allowed", async () => {
  const a = providers.lane();
  const busy = Array.from({ length: 12 }, () => [": busy\n\n", { waitMs: 100 }]).flat();
  const answer = rightAnswer("all is well", true);
  await a.script(streamed(...busy, ...answer.steps));
  const gateway = await startCell({ a, timeouts: { silenceMs: 1_000 } });
  expect(await ask(gateway, { stream: true })).toMatchObject({ text: "all is well", done: true });
});

test("the session goes on after a cut, and the provider is told what it had said", async () => {
  const a = providers.lane();
  await a.script(streamed(`data: ${JSON.stringify(chunk({ content: shown }))}\n\n`, cut));
  const gateway = await startCell({ a });
  expect(await ask(gateway, { stream: true })).toMatchObject({ text: shown, done: false });
  await a.script(rightAnswer("all is well", false));
  expect(await ask(gateway, { stream: false, content: "go on" })).toMatchObject({ text: "all is well" });

  expect((await a.seen()).at(-1)?.body).toMatchObject({
    messages: [{ content: "hello" }, { role: "assistant", content: shown }, { content: "go on" }],
  });
  expect(await storedIn(gateway)).toEqual([
    "user: hello",
    `assistant (error): ${shown}`,
    "user: go on",
    "assistant: all is well",
  ]);
});
