/** Every provider fault before the first content, as the official SDK sees it, without a fallback. */
import { afterAll, expect, test } from "vitest";
import {
  sendChat,
  scriptFault,
  readRequestKeys,
  findLeaks,
  readRunLine,
  startFaultGateway,
  readStoredEntries,
} from "../support/providers/fault-case.ts";
import { earlyFaultCases, keys } from "../support/providers/fault-table.ts";
import { startProviderProcess } from "../support/providers/provider-process.ts";
import { jsonResponse, sseResponse } from "../support/providers/scripted-provider.ts";

const providers = await startProviderProcess();
afterAll(() => providers.stop());

const sdkClasses = {
  400: "BadRequestError",
  429: "RateLimitError",
  502: "InternalServerError",
  504: "InternalServerError",
} as const;
const types = {
  400: "invalid_request_error",
  429: "rate_limit_error",
  502: "server_error",
  504: "server_error",
} as const;

test.for(earlyFaultCases())("$format.api, $fault, $mode: $status $code", async (cell) => {
  const { format, stream, status, code, message = "" } = cell;
  const a = await scriptFault(providers, cell);
  const gateway = await startFaultGateway({ a, format, timeouts: cell.timeouts });
  const { raw, ...received } = await sendChat(gateway, { stream });

  expect(received).toEqual({
    status,
    retryAfter: cell.retryAfter ?? null,
    shouldRetry: cell.shouldRetry ?? null,
    text: "",
    calls: [],
    callIds: [],
    tokens: undefined,
    isDone: false,
    sdkError: { class: sdkClasses[status], status },
    error: { code, param: null, type: types[status], message: expect.stringContaining(message) as string },
  });
  expect(raw).toMatch(/^\{"error":\{/);
  expect(findLeaks(gateway, raw)).toEqual([]);
  expect(await readRequestKeys(a)).toEqual(Array<string>(cell.attempts).fill(keys.a));
  expect(readRunLine(gateway)).toEqual({ outcome: code, model: "a/m" });
  expect(await readStoredEntries(gateway)).toEqual(["user: hello"]);
});

test.for([
  ["JSON", (message: string) => jsonResponse({ error: { message: message } }, 400)],
  ["text", (message: string) => ({ status: 404, steps: [message] })],
  ["an event", (message: string) => sseResponse(`data: ${JSON.stringify({ error: message })}\n\n`)],
] as const)("the provider's path and query are redacted in its own messages, in %s", async ([, answer]) => {
  const a = providers.createProvider();
  const query = "api-key=canary-query-91";
  const words = `Cannot POST /${a.name}/v1/chat/completions?${query}; canary-query-91 is not allowed here`;
  await a.script(answer(words), answer(words));
  const gateway = await startFaultGateway({ a: { baseUrl: `${a.baseUrl}?${query}` } });
  const { raw, error } = await sendChat(gateway, { stream: true });

  expect((await a.readRequests()).map(({ path }) => path)).toContain(`/${a.name}/v1/chat/completions`);
  expect(error).toMatchObject({ message: expect.stringContaining("is not allowed here") as string });
  expect(raw).not.toContain("canary");
  expect(gateway.log.join("\n")).not.toContain("canary-query");
});
