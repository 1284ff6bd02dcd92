/** A provider that fails and is asked again: by the same run, by a later one after its time to cool down, or not at all. */
import { afterAll, describe, expect, test, vi } from "vitest";
import { ask, keysSeenBy, runOf, startCell, storedIn } from "../support/fault-cell.ts";
import { keys } from "../support/fault-table.ts";
import { postChat, ask as chatBody } from "../support/gateway.ts";
import { startProviderProcess, type Lane } from "../support/provider-process.ts";
import { outcomes } from "../support/run-log.ts";
import { type Answer, json } from "../support/scripted-provider.ts";
import { rightAnswer, wireFormats } from "../support/wire-formats.ts";

const providers = await startProviderProcess();
afterAll(() => providers.stop());

const down = (status: number, headers = {}): Answer =>
  json({ error: { message: "Theirs." } }, status, headers);

describe("within one run", () => {
  const healing = [
    [500, true],
    [500, false],
    [503, true],
    [529, false],
  ] as const;
  test.for(wireFormats.flatMap((format) => healing.map(([status, stream]) => ({ format, status, stream }))))(
    "$format.api, a $status that heals is not seen, streamed: $stream",
    async ({ format, status, stream }) => {
      const a = providers.lane();
      await a.script(down(status), rightAnswer("all is well", stream, format));
      const gateway = await startCell({ a, format });

      expect(await ask(gateway, { stream })).toMatchObject({ status: 200, text: "all is well", tokens: 5 });
      expect(await keysSeenBy(a)).toEqual([keys.a, keys.a]);
      expect(runOf(gateway)).toEqual({ outcome: "stop", model: "a/m" });
      expect(await storedIn(gateway)).toEqual(["user: hello", "assistant: all is well"]);
    },
  );

  test("both tries are the same request", async () => {
    const a = providers.lane();
    await a.script(down(500), rightAnswer("all is well", true));
    await ask(await startCell({ a }), { stream: true });
    const [first, second] = await a.seen();
    expect(second).toEqual(first);
  });

  test("the fallback has two tries as well", async () => {
    const [a, b] = [providers.lane(), providers.lane()];
    await Promise.all([a.script(down(429)), b.script(down(500), rightAnswer("all is well", true))]);
    expect(await ask(await startCell({ a, b }), { stream: true })).toMatchObject({ text: "all is well" });
    expect(await keysSeenBy(b)).toEqual([keys.b, keys.b]);
  });
});

describe("leaving in the pause between two tries", () => {
  test.for([true, false])("ends the run at once, streamed: %s", async (stream) => {
    // A pause of 30 s: a run that waits for its end does not end within this test.
    const random = vi.spyOn(Math, "random").mockReturnValue(100);
    try {
      const a = providers.lane();
      await a.script(down(500), rightAnswer("asked once too often", stream));
      const gateway = await startCell({ a });
      const caller = new AbortController();
      const answer = postChat(gateway.url, chatBody("hello", { stream }), { signal: caller.signal });
      await expect.poll(() => gateway.log.some((line) => line.includes("model failed"))).toBe(true);
      caller.abort();

      await expect(answer).rejects.toThrow();
      await expect.poll(() => outcomes(gateway.log), { timeout: 5_000 }).toEqual(["aborted"]);
      expect(await keysSeenBy(a)).toEqual([keys.a]);
    } finally {
      random.mockRestore();
    }
  });
});

describe("a provider that has failed is left alone by later requests", () => {
  /** A gateway with a clock that the tests move, and who was asked so far. */
  async function twoProviders() {
    const [a, b] = [providers.lane(), providers.lane()];
    let now = Date.now();
    const gateway = await startCell({ a, b, clock: () => now });
    await b.script(...Array.from({ length: 6 }, () => rightAnswer("from b", true)));
    return {
      a,
      b,
      pass: (seconds: number) => void (now += seconds * 1_000),
      hear: async () => (await ask(gateway, { stream: true })).text,
      asked: async () => [await count(a), await count(b)],
    };
  }
  const count = async (lane: Lane): Promise<number> => (await lane.seen()).length;

  test("for a minute the first time, for five the second", async () => {
    const { a, pass, hear, asked } = await twoProviders();
    await a.script(down(401), down(401), rightAnswer("from a", true));
    expect([await hear(), await hear(), await asked()]).toEqual(["from b", "from b", [1, 2]]);
    pass(59);
    expect([await hear(), await asked()]).toEqual(["from b", [1, 3]]);
    pass(2);
    expect([await hear(), await asked()]).toEqual(["from b", [2, 4]]);
    pass(299);
    expect([await hear(), await asked()]).toEqual(["from b", [2, 5]]);
    pass(2);
    expect([await hear(), await asked()]).toEqual(["from a", [3, 5]]);
  });

  test("for the time that it asks for, where it does", async () => {
    const { a, pass, hear, asked } = await twoProviders();
    await a.script(down(429, { "retry-after": "7" }), rightAnswer("from a", true));
    expect(await hear()).toBe("from b");
    pass(6);
    expect([await hear(), await asked()]).toEqual(["from b", [1, 2]]);
    pass(2);
    expect([await hear(), await asked()]).toEqual(["from a", [2, 2]]);
  });

  test("an answer ends it: the next failure counts as the first", async () => {
    const { a, pass, hear } = await twoProviders();
    await a.script(down(401), rightAnswer("from a", true), down(401), rightAnswer("from a again", true));
    expect(await hear()).toBe("from b");
    pass(61);
    expect([await hear(), await hear()]).toEqual(["from a", "from b"]);
    pass(61);
    expect(await hear()).toBe("from a again");
  });

  test("a request that it refuses is no failure of the provider", async () => {
    const { a, hear, asked } = await twoProviders();
    await a.script(down(400), rightAnswer("from a", true));
    expect([await hear(), await hear(), await asked()]).toEqual(["", "from a", [2, 0]]);
  });

  test("when all cool down they are asked all the same", async () => {
    const [a, b] = [providers.lane(), providers.lane()];
    const gateway = await startCell({ a, b });
    await Promise.all([a.script(down(401), rightAnswer("from a", true)), b.script(down(403))]);
    expect(await ask(gateway, { stream: true })).toMatchObject({ status: 502, shouldRetry: "false" });
    expect(await ask(gateway, { stream: true })).toMatchObject({ text: "from a" });
  });
});
