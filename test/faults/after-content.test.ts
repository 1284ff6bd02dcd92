/** Every fault of a provider after its first content: what came stays, the stream says that it is not the whole. */
import { afterAll, describe, expect, test } from "vitest";
import { ask, keysSeenBy, leaks, runOf, startCell, storedIn } from "../support/fault-cell.ts";
import { keys, lateFaults, shown } from "../support/fault-table.ts";
import { startProviderProcess } from "../support/provider-process.ts";
import { chunk, cut, hold, streamed } from "../support/scripted-provider.ts";
import { openaiCompletionsFormat, rightAnswer, wireFormats } from "../support/wire-formats.ts";

const providers = await startProviderProcess();
afterAll(() => providers.stop());

const cells = wireFormats.flatMap((format) =>
  lateFaults(format).flatMap((row) => [
    { ...row, format, fallback: false, where: "without a fallback" },
    { ...row, format, fallback: true, where: "with a fallback that is not asked" },
  ]),
);

test.for(cells)("$format.api, $fault, $where: an error frame with $code", async (cell) => {
  const { format, code, fallback, says = "" } = cell;
  const [a, b] = [providers.lane(), providers.lane()];
  const next = rightAnswer("asked once too often", true, format);
  await Promise.all([a.script(...cell.plays, next), b.script(next)]);
  const gateway = await startCell({ a, b: fallback ? b : undefined, format, timeouts: cell.timeouts });
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
  const opening = (bytes: string) => streamed(bytes, hold, cut);
  const refusal = `data: ${JSON.stringify(chunk({ refusal: "I can" }))}\n\n`;

  test.for([
    ...wireFormats.flatMap((format) => [
      {
        format,
        what: "a call of the client's tool",
        bytes: format.call("call_1", "look", '{"at":1}'),
        cut: false,
      },
      { format, what: "thinking", bytes: format.thinking("hm"), cut: true },
    ]),
    { format: openaiCompletionsFormat, what: "a refusal", bytes: refusal, cut: true },
  ])("$format.api, $what does: no other provider is asked", async ({ format, bytes, cut }) => {
    const [a, b] = [providers.lane(), providers.lane()];
    await a.script(opening(bytes));
    await a.go();
    const gateway = await startCell({ a, b, format });
    const received = await ask(gateway, { stream: true, tools: [look] });

    expect(received).toMatchObject({ status: 200, done: false, error: { code: "upstream_protocol" } });
    expect(await keysSeenBy(b)).toEqual([]);
    expect(await storedIn(gateway)).toEqual(["user: hello", ...(cut ? ["assistant (error): "] : [])]);
  });

  test.for([
    ...wireFormats.map((format) => ({
      format,
      what: "a call of a tool that nobody offered",
      bytes: format.call("call_1", "look", '{"at":1}'),
    })),
    {
      format: openaiCompletionsFormat,
      what: "the role alone",
      bytes: `data: ${JSON.stringify(chunk({ role: "assistant", content: "" }))}\n\n`,
    },
  ])("$format.api, $what does not: the fallback answers", async ({ format, bytes }) => {
    const [a, b] = [providers.lane(), providers.lane()];
    await Promise.all([a.script(opening(bytes)), b.script(rightAnswer("all is well", true, format)), a.go()]);
    const gateway = await startCell({ a, b, format });

    expect(await ask(gateway, { stream: true })).toMatchObject({ text: "all is well", done: true });
    expect(await storedIn(gateway)).toEqual(["user: hello", "assistant: all is well"]);
  });
});

test.for(wireFormats)(
  "$api, a provider's comments are life: an answer may take longer than the silence that is allowed",
  async (format) => {
    const a = providers.lane();
    const busy = Array.from({ length: 12 }, () => [": busy\n\n", { waitMs: 100 }]).flat();
    const answer = rightAnswer("all is well", true, format);
    await a.script(streamed(...busy, ...answer.steps));
    const gateway = await startCell({ a, format, timeouts: { silenceMs: 1_000 } });
    expect(await ask(gateway, { stream: true })).toMatchObject({ text: "all is well", done: true });
  },
);

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
