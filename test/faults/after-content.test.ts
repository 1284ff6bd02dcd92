/** Every provider fault after the first content: the content stays, and the stream ends with an error. */
import { afterAll, describe, expect, test } from "vitest";
import {
  sendChat,
  readRequestKeys,
  findLeaks,
  readRunLine,
  startFaultGateway,
  readStoredEntries,
} from "../support/providers/fault-case.ts";
import { keys, lateFaults, firstText } from "../support/providers/fault-table.ts";
import { startProviderProcess } from "../support/providers/provider-process.ts";
import {
  completionChunk,
  closeConnection,
  waitForResume,
  sseResponse,
} from "../support/providers/scripted-provider.ts";
import { openaiCompletionsFormat, createReply, wireFormats } from "../support/providers/wire-formats.ts";

const providers = await startProviderProcess();
afterAll(() => providers.stop());

const cells = wireFormats.flatMap((format) =>
  lateFaults(format).flatMap((row) => [
    { ...row, format, fallback: false, where: "without a fallback" },
    { ...row, format, fallback: true, where: "with a fallback that is not called" },
  ]),
);

test.for(cells)("$format.api, $fault, $where: an error frame with $code", async (cell) => {
  const { format, code, fallback, message = "" } = cell;
  const [a, b] = [providers.createProvider(), providers.createProvider()];
  const next = createReply("called once too often", true, format);
  await Promise.all([a.script(...cell.responses, next), b.script(next)]);
  const gateway = await startFaultGateway({
    a,
    b: fallback ? b : undefined,
    format,
    timeouts: cell.timeouts,
  });
  const { raw, ...received } = await sendChat(gateway, { stream: true, onContent: () => a.resume() });

  expect(received).toEqual({
    status: 200,
    retryAfter: null,
    shouldRetry: null,
    text: firstText,
    calls: [],
    callIds: [],
    tokens: undefined,
    isDone: false,
    sdkError: { class: "APIError", status: undefined },
    error: {
      code,
      param: null,
      type: code === "context_length_exceeded" ? "invalid_request_error" : "server_error",
      message: expect.stringContaining(message) as string,
    },
  });
  expect(raw).toMatch(/\n\ndata: \{"error":\{[^\n]*\}\}\n\n$/);
  expect(raw).not.toContain("[DONE]");
  expect(findLeaks(gateway, raw)).toEqual([]);
  expect(await readRequestKeys(a)).toEqual([keys.a]);
  expect(await readRequestKeys(b)).toEqual([]);
  expect(readRunLine(gateway)).toEqual({ outcome: code, model: "a/m" });
  expect(await readStoredEntries(gateway)).toEqual(["user: hello", `assistant (error): ${firstText}`]);
});

describe("what counts as content", () => {
  const look = { type: "function" as const, function: { name: "look", parameters: {} } };
  const opening = (bytes: string) => sseResponse(bytes, waitForResume, closeConnection);
  const refusal = `data: ${JSON.stringify(completionChunk({ refusal: "I can" }))}\n\n`;

  test.for([
    ...wireFormats.flatMap((format) => [
      {
        format,
        what: "a call of the client's tool",
        bytes: format.startCall("call_1", "look", '{"at":1}'),
        cut: false,
      },
      { format, what: "thinking", bytes: format.startThinking("hm"), cut: true },
    ]),
    { format: openaiCompletionsFormat, what: "a refusal", bytes: refusal, cut: true },
  ])("$format.api, $what counts: no other provider is called", async ({ format, bytes, cut }) => {
    const [a, b] = [providers.createProvider(), providers.createProvider()];
    await a.script(opening(bytes));
    await a.resume();
    const gateway = await startFaultGateway({ a, b, format });
    const received = await sendChat(gateway, { stream: true, tools: [look] });

    expect(received).toMatchObject({ status: 200, isDone: false, error: { code: "upstream_protocol" } });
    expect(await readRequestKeys(b)).toEqual([]);
    expect(await readStoredEntries(gateway)).toEqual([
      "user: hello",
      ...(cut ? ["assistant (error): "] : []),
    ]);
  });

  test.for([
    ...wireFormats.map((format) => ({
      format,
      what: "a call of a tool that was not offered",
      bytes: format.startCall("call_1", "look", '{"at":1}'),
    })),
    {
      format: openaiCompletionsFormat,
      what: "the role alone",
      bytes: `data: ${JSON.stringify(completionChunk({ role: "assistant", content: "" }))}\n\n`,
    },
  ])("$format.api, $what does not count: the fallback replies", async ({ format, bytes }) => {
    const [a, b] = [providers.createProvider(), providers.createProvider()];
    await Promise.all([
      a.script(opening(bytes)),
      b.script(createReply("all is well", true, format)),
      a.resume(),
    ]);
    const gateway = await startFaultGateway({ a, b, format });

    expect(await sendChat(gateway, { stream: true })).toMatchObject({ text: "all is well", isDone: true });
    expect(await readStoredEntries(gateway)).toEqual(["user: hello", "assistant: all is well"]);
  });
});

test.for(wireFormats)(
  "$api, a provider's comments count as activity: a reply may take longer than the silence limit",
  async (format) => {
    const a = providers.createProvider();
    const busy = Array.from({ length: 12 }, () => [": busy\n\n", { waitMs: 100 }]).flat();
    const answer = createReply("all is well", true, format);
    await a.script(sseResponse(...busy, ...answer.steps));
    const gateway = await startFaultGateway({ a, format, timeouts: { silenceMs: 1_000 } });
    expect(await sendChat(gateway, { stream: true })).toMatchObject({ text: "all is well", isDone: true });
  },
);

test("the session continues after a truncated reply, and the provider receives the partial text", async () => {
  const a = providers.createProvider();
  await a.script(
    sseResponse(`data: ${JSON.stringify(completionChunk({ content: firstText }))}\n\n`, closeConnection),
  );
  const gateway = await startFaultGateway({ a });
  expect(await sendChat(gateway, { stream: true })).toMatchObject({ text: firstText, isDone: false });
  await a.script(createReply("all is well", false));
  expect(await sendChat(gateway, { stream: false, content: "go on" })).toMatchObject({ text: "all is well" });

  expect((await a.readRequests()).at(-1)?.body).toMatchObject({
    messages: [{ content: "hello" }, { role: "assistant", content: firstText }, { content: "go on" }],
  });
  expect(await readStoredEntries(gateway)).toEqual([
    "user: hello",
    `assistant (error): ${firstText}`,
    "user: go on",
    "assistant: all is well",
  ]);
});
