/** The fault table as a client of Anthropic's API sees it: every provider fault, before the first content and after it. */
import { APIError } from "@anthropic-ai/sdk";
import { afterAll, expect, test } from "vitest";
import { errorTable, type ErrorCode } from "../../contracts/errors.ts";
import { toAnthropicErrorType } from "../../contracts/http/messages/error.ts";
import { createAnthropicClient, messageRequest } from "../support/clients/anthropic-client.ts";
import {
  findLeaks,
  readRequestKeys,
  readRunLine,
  scriptFault,
  startFaultGateway,
} from "../support/providers/fault-case.ts";
import { earlyFaultCases, firstText, keys, lateFaults } from "../support/providers/fault-table.ts";
import { startProviderProcess } from "../support/providers/provider-process.ts";
import { createReply, openaiCompletionsFormat, wireFormats } from "../support/providers/wire-formats.ts";

const providers = await startProviderProcess();
afterAll(() => providers.stop());

/** Faults are the same in every format; two formats show that the dialect knows none. */
const formats = wireFormats.filter(({ api }) => api === "openai-completions" || api === "anthropic-messages");

const expectedBody = (code: ErrorCode, message: string): object => ({
  type: "error",
  error: {
    type: toAnthropicErrorType(errorTable[code].status),
    message: expect.stringContaining(message) as string,
    details: { error_code: code, param: null },
  },
  request_id: expect.stringMatching(/^req_/) as string,
});

const cases = earlyFaultCases().filter(({ format }) => formats.includes(format));

test.for(cases)("$format.api, $fault, $mode: $status $code", async (cell) => {
  const { format, stream, status, code, message = "" } = cell;
  const a = await scriptFault(providers, cell);
  const gateway = await startFaultGateway({ a, format, timeouts: cell.timeouts });
  const client = createAnthropicClient(gateway);
  const failure = await client.messages
    .create({ ...messageRequest("hello"), stream })
    .then(() => undefined)
    .catch((error: unknown) => error);

  if (!(failure instanceof APIError)) throw new Error(`no error of the SDK: ${String(failure)}`);
  expect(failure.status).toBe(status);
  expect(failure.headers?.get("x-should-retry")).toBe(cell.shouldRetry ?? "false");
  expect(failure.headers?.get("retry-after")).toBe(cell.retryAfter ?? null);
  expect(failure.error).toEqual(expectedBody(code, message));
  expect(findLeaks(gateway, JSON.stringify(failure.error))).toEqual([]);
  expect(await readRequestKeys(a)).toEqual(Array<string>(cell.attempts).fill(keys.a));
  expect(readRunLine(gateway)).toEqual({ outcome: code, model: "a/m" });
});

const lateCases = formats.flatMap((format) => lateFaults(format).map((row) => ({ ...row, format })));

test.for(lateCases)("$format.api, $fault, after content: an error event with $code", async (cell) => {
  const { format, code, message = "" } = cell;
  const a = providers.createProvider();
  await a.script(...cell.responses, createReply("called once too often", true, format));
  const gateway = await startFaultGateway({ a, format, timeouts: cell.timeouts });
  const events: string[] = [];
  let text = "";
  let failure: unknown;
  try {
    const stream = await createAnthropicClient(gateway).messages.create({
      ...messageRequest("hello"),
      stream: true,
    });
    for await (const event of stream) {
      events.push(event.type);
      if (event.type !== "content_block_delta" || event.delta.type !== "text_delta") continue;
      if (text === "") await a.resume();
      text += event.delta.text;
    }
  } catch (error) {
    failure = error;
  }

  if (!(failure instanceof APIError)) throw new Error(`no error of the SDK: ${String(failure)}`);
  expect(text).toBe(firstText);
  expect(events).not.toContain("message_stop");
  expect(failure.error).toEqual(expectedBody(code, message));
  expect(await readRequestKeys(a)).toEqual([keys.a]);
});

const sse = { "content-type": "text/event-stream" };

test.each([
  ["in its text", []],
  ["after the agent's own tool has run", ["sessions_list"]],
])("a stream that fails %s is not run again without streaming", async (_, tools) => {
  const a = providers.createProvider();
  const { startCall, startText, ending } = openaiCompletionsFormat;
  await a.script(
    ...tools.map((name) => ({ headers: sse, steps: [startCall("call_1", name, "{}") + ending] })),
    { headers: sse, steps: [startText("Half"), { act: "cut" }] },
    createReply("run again", false, openaiCompletionsFormat),
  );
  const gateway = await startFaultGateway({ a });
  const client = createAnthropicClient(gateway);
  const request = messageRequest("hello");
  await expect(client.messages.stream(request).finalMessage()).rejects.toThrow("before it was complete");
  const repeat = await client.messages
    .create({ ...request, max_tokens: 10 })
    .catch((error: unknown) => error);

  expect(repeat).toBeInstanceOf(APIError);
  expect((repeat as APIError).headers?.get("x-should-retry")).toBe("false");
  expect(await a.readRequests()).toHaveLength(tools.length + 1);
  // Another question is not a repeat.
  await expect(client.messages.create(messageRequest("another"))).resolves.toMatchObject({ type: "message" });
});
