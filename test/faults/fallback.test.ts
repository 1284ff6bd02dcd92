/** Every provider fault before the first content, with a fallback provider. */
import { afterAll, describe, expect, test } from "vitest";
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
import { createReply } from "../support/providers/wire-formats.ts";

const providers = await startProviderProcess();
afterAll(() => providers.stop());

const cells = earlyFaultCases();

describe("with a fallback, the caller gets its complete reply", () => {
  test.for(cells.filter(({ hasFallback }) => hasFallback))("$format.api, $fault, $mode", async (cell) => {
    const { format, stream } = cell;
    const a = await scriptFault(providers, cell);
    const b = providers.createProvider();
    await b.script(createReply("all is well", stream, format));
    const gateway = await startFaultGateway({ a, b, format, timeouts: cell.timeouts });
    const { raw, ...received } = await sendChat(gateway, { stream });

    expect(received).toEqual({
      status: 200,
      retryAfter: null,
      shouldRetry: null,
      text: "all is well",
      calls: [],
      callIds: [],
      tokens: 5,
      isDone: stream,
    });
    expect(findLeaks(gateway, raw)).toEqual([]);
    expect(await readRequestKeys(a)).toEqual(Array<string>(cell.attempts).fill(keys.a));
    expect(await readRequestKeys(b)).toEqual([keys.b]);
    expect(readRunLine(gateway)).toEqual({ outcome: "stop", model: "b/m" });
    expect(await readStoredEntries(gateway)).toEqual(["user: hello", "assistant: all is well"]);
  });
});

describe("a request that every provider would reject is sent to one only", () => {
  test.for(cells.filter(({ hasFallback }) => !hasFallback))(
    "$format.api, $fault, $mode: $status $code",
    async (cell) => {
      const { format, stream, status, code } = cell;
      const a = await scriptFault(providers, cell);
      const b = providers.createProvider();
      const gateway = await startFaultGateway({ a, b, format });
      const received = await sendChat(gateway, { stream });

      expect(received).toMatchObject({ status, error: { code } });
      expect(await readRequestKeys(a)).toEqual([keys.a]);
      expect(await readRequestKeys(b)).toEqual([]);
      expect(readRunLine(gateway)).toEqual({ outcome: code, model: "a/m" });
    },
  );
});

test("when the fallback fails too, the caller gets its error", async () => {
  const [a, b] = [providers.createProvider(), providers.createProvider()];
  await a.script({ steps: ["down"], status: 401 });
  await b.script({ steps: ["slow down"], status: 429, headers: { "retry-after": "3" } });
  const gateway = await startFaultGateway({ a, b });
  const received = await sendChat(gateway, { stream: true });

  expect(received).toMatchObject({ status: 429, retryAfter: "3", error: { code: "rate_limit_exceeded" } });
  expect(await readRequestKeys(a)).toEqual([keys.a]);
  expect(await readRequestKeys(b)).toEqual([keys.b]);
  expect(readRunLine(gateway)).toEqual({ outcome: "rate_limit_exceeded", model: "b/m" });
  expect(await readStoredEntries(gateway)).toEqual(["user: hello"]);
});
