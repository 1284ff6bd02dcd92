/** Retries after a provider failure: in the same run, in a later run after its cooldown, or never. */
import { afterAll, describe, expect, test, vi } from "vitest";
import {
  sendChat,
  readRequestKeys,
  readRunLine,
  startFaultGateway,
  readStoredEntries,
} from "../support/providers/fault-case.ts";
import { keys } from "../support/providers/fault-table.ts";
import { postChat, createChatBody as chatBody } from "../support/gateway/gateway.ts";
import { startProviderProcess, type ProcessProvider } from "../support/providers/provider-process.ts";
import { readOutcomes } from "../support/gateway/run-log.ts";
import { type ScriptedResponse, jsonResponse } from "../support/providers/scripted-provider.ts";
import { createReply, wireFormats } from "../support/providers/wire-formats.ts";
import { connectTestSocket } from "../support/sockets/socket.ts";

const providers = await startProviderProcess();
afterAll(() => providers.stop());

const down = (status: number, headers = {}): ScriptedResponse =>
  jsonResponse({ error: { message: "Theirs." } }, status, headers);

describe("within one run", () => {
  const recoveries = [
    [500, true],
    [500, false],
    [503, true],
    [529, false],
  ] as const;
  test.for(
    wireFormats.flatMap((format) => recoveries.map(([status, stream]) => ({ format, status, stream }))),
  )(
    "$format.api, a $status followed by a success is invisible, streamed: $stream",
    async ({ format, status, stream }) => {
      const a = providers.createProvider();
      await a.script(down(status), createReply("all is well", stream, format));
      const gateway = await startFaultGateway({ a, format });

      expect(await sendChat(gateway, { stream })).toMatchObject({
        status: 200,
        text: "all is well",
        tokens: 5,
      });
      expect(await readRequestKeys(a)).toEqual([keys.a, keys.a]);
      expect(readRunLine(gateway)).toEqual({ outcome: "stop", model: "a/m" });
      expect(await readStoredEntries(gateway)).toEqual(["user: hello", "assistant: all is well"]);
    },
  );

  test("both attempts send the same request", async () => {
    const a = providers.createProvider();
    await a.script(down(500), createReply("all is well", true));
    await sendChat(await startFaultGateway({ a }), { stream: true });
    const [first, second] = await a.readRequests();
    expect(second).toEqual(first);
  });

  test("the fallback has two attempts as well", async () => {
    const [a, b] = [providers.createProvider(), providers.createProvider()];
    await Promise.all([a.script(down(429)), b.script(down(500), createReply("all is well", true))]);
    expect(await sendChat(await startFaultGateway({ a, b }), { stream: true })).toMatchObject({
      text: "all is well",
    });
    expect(await readRequestKeys(b)).toEqual([keys.b, keys.b]);
  });
});

describe("an abort in the pause between two attempts", () => {
  test.for([true, false])("ends the run at once, streamed: %s", async (stream) => {
    // The pause is 30 s: a run that waits for it does not end within this test.
    const random = vi.spyOn(Math, "random").mockReturnValue(100);
    try {
      const a = providers.createProvider();
      await a.script(down(500), createReply("called once too often", stream));
      const gateway = await startFaultGateway({ a });
      const caller = new AbortController();
      const answer = postChat(gateway.url, chatBody("hello", { stream }), { signal: caller.signal });
      await expect.poll(() => gateway.log.some((line) => line.includes("model failed"))).toBe(true);
      caller.abort();

      await expect(answer).rejects.toThrow();
      await expect.poll(() => readOutcomes(gateway.log)).toEqual(["aborted"]);
      expect(await readRequestKeys(a)).toEqual([keys.a]);
    } finally {
      random.mockRestore();
    }
  });
});

describe("a provider that failed is skipped by later requests", () => {
  /** A gateway with a settable clock, and the number of requests to each provider. */
  async function twoProviders() {
    const [a, b] = [providers.createProvider(), providers.createProvider()];
    let now = Date.now();
    const gateway = await startFaultGateway({ a, b, clock: () => now });
    await b.script(...Array.from({ length: 6 }, () => createReply("from b", true)));
    return {
      a,
      b,
      advance: (seconds: number) => void (now += seconds * 1_000),
      askForText: async () => (await sendChat(gateway, { stream: true })).text,
      readProviderLines: () =>
        gateway.log
          .map((line) => JSON.parse(line) as Record<string, unknown>)
          .filter(({ message }) => String(message).startsWith("provider "))
          .map(({ time: _time, failuresInRow: _count, ...line }) => line),
      readProviders: async () =>
        (await connectTestSocket(gateway)).request("status").then(({ providers: list }) => list as object[]),
      requestCounts: async () => [await countRequests(a), await countRequests(b)],
    };
  }
  const countRequests = async (provider: ProcessProvider): Promise<number> =>
    (await provider.readRequests()).length;

  test("for one minute after the first failure, for five after the second", async () => {
    const { a, advance, askForText, readProviders, requestCounts } = await twoProviders();
    await a.script(down(401), down(401), createReply("from a", true));
    expect([await askForText(), await askForText(), await requestCounts()]).toEqual([
      "from b",
      "from b",
      [1, 2],
    ]);
    advance(59);
    expect([await askForText(), await requestCounts()]).toEqual(["from b", [1, 3]]);
    advance(2);
    expect([await askForText(), await requestCounts()]).toEqual(["from b", [2, 4]]);
    advance(299);
    expect([await askForText(), await requestCounts()]).toEqual(["from b", [2, 5]]);
    advance(2);
    expect([await askForText(), await requestCounts()]).toEqual(["from a", [3, 5]]);
    const [provider] = await readProviders();
    expect(provider).toMatchObject({
      recentFailures: [{ code: "upstream_auth" }, { code: "upstream_auth" }],
    });
  });

  test("one line when it is put aside, one when it is taken back, and `status` knows both", async () => {
    const { a, advance, askForText, readProviderLines, readProviders } = await twoProviders();
    await a.script(down(401), createReply("from a", true));
    await askForText();
    await askForText();
    expect(readProviderLines()).toEqual([
      { level: "warn", message: "provider put aside", provider: "a", code: "upstream_auth", seconds: 60 },
    ]);
    expect(await readProviders()).toMatchObject([
      {
        provider: "a",
        lastFailure: { code: "upstream_auth" },
        coolingDownUntil: expect.any(Number) as number,
      },
      { provider: "b", lastSuccessAt: expect.any(Number) as number },
    ]);
    advance(61);
    await askForText();
    expect(readProviderLines().slice(1)).toEqual([
      { level: "info", message: "provider taken back", provider: "a" },
    ]);
    expect((await readProviders())[0]).not.toHaveProperty("coolingDownUntil");
  });

  test("for the time in Retry-After, if there is one", async () => {
    const { a, advance, askForText, requestCounts } = await twoProviders();
    await a.script(down(429, { "retry-after": "7" }), createReply("from a", true));
    expect(await askForText()).toBe("from b");
    advance(6);
    expect([await askForText(), await requestCounts()]).toEqual(["from b", [1, 2]]);
    advance(2);
    expect([await askForText(), await requestCounts()]).toEqual(["from a", [2, 2]]);
  });

  test("until a success: the next failure counts as the first", async () => {
    const { a, advance, askForText } = await twoProviders();
    await a.script(down(401), createReply("from a", true), down(401), createReply("from a again", true));
    expect(await askForText()).toBe("from b");
    advance(61);
    expect([await askForText(), await askForText()]).toEqual(["from a", "from b"]);
    advance(61);
    expect(await askForText()).toBe("from a again");
  });

  test("a rejected request is not a failure of the provider", async () => {
    const { a, askForText, requestCounts } = await twoProviders();
    await a.script(down(400), createReply("from a", true));
    expect([await askForText(), await askForText(), await requestCounts()]).toEqual(["", "from a", [2, 0]]);
  });

  test("providers are called anyway when all are in cooldown", async () => {
    const [a, b] = [providers.createProvider(), providers.createProvider()];
    const gateway = await startFaultGateway({ a, b });
    await Promise.all([a.script(down(401), createReply("from a", true)), b.script(down(403))]);
    expect(await sendChat(gateway, { stream: true })).toMatchObject({ status: 502, shouldRetry: "false" });
    expect(await sendChat(gateway, { stream: true })).toMatchObject({ text: "from a" });
  });
});
