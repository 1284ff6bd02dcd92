/** Every fault of a provider before its first content, with another provider to fall back to. */
import { afterAll, describe, expect, test } from "vitest";
import { ask, failing, keysSeenBy, leaks, runOf, startCell, storedIn } from "../support/fault-cell.ts";
import { earlyCells, keys } from "../support/fault-table.ts";
import { startProviderProcess } from "../support/provider-process.ts";
import { rightAnswer } from "../support/wire-formats.ts";

const providers = await startProviderProcess();
afterAll(() => providers.stop());

const cells = earlyCells();

describe("with a fallback the caller gets its answer, whole", () => {
  test.for(cells.filter(({ fallsBack }) => fallsBack))("$format.api, $fault, $door", async (cell) => {
    const { format, stream } = cell;
    const a = await failing(providers, cell);
    const b = providers.lane();
    await b.script(rightAnswer("all is well", stream, format));
    const gateway = await startCell({ a, b, format, timeouts: cell.timeouts });
    const { raw, ...received } = await ask(gateway, { stream });

    expect(received).toEqual({
      status: 200,
      retryAfter: null,
      shouldRetry: null,
      text: "all is well",
      calls: [],
      callIds: [],
      tokens: 5,
      done: stream,
    });
    expect(leaks(gateway, raw)).toEqual([]);
    expect(await keysSeenBy(a)).toEqual(Array<string>(cell.tries).fill(keys.a));
    expect(await keysSeenBy(b)).toEqual([keys.b]);
    expect(runOf(gateway)).toEqual({ outcome: "stop", model: "b/m" });
    expect(await storedIn(gateway)).toEqual(["user: hello", "assistant: all is well"]);
  });
});

describe("what every provider would refuse is asked of one only, fallback or not", () => {
  test.for(cells.filter(({ fallsBack }) => !fallsBack))(
    "$format.api, $fault, $door: $status $code",
    async (cell) => {
      const { format, stream, status, code } = cell;
      const a = await failing(providers, cell);
      const b = providers.lane();
      const gateway = await startCell({ a, b, format });
      const received = await ask(gateway, { stream });

      expect(received).toMatchObject({ status, error: { code } });
      expect(await keysSeenBy(a)).toEqual([keys.a]);
      expect(await keysSeenBy(b)).toEqual([]);
      expect(runOf(gateway)).toEqual({ outcome: code, model: "a/m" });
    },
  );
});

test("when the fallback fails too, the caller is told its failure", async () => {
  const [a, b] = [providers.lane(), providers.lane()];
  await a.script({ steps: ["down"], status: 401 });
  await b.script({ steps: ["slow down"], status: 429, headers: { "retry-after": "3" } });
  const gateway = await startCell({ a, b });
  const received = await ask(gateway, { stream: true });

  expect(received).toMatchObject({ status: 429, retryAfter: "3", error: { code: "rate_limit_exceeded" } });
  expect(await keysSeenBy(a)).toEqual([keys.a]);
  expect(await keysSeenBy(b)).toEqual([keys.b]);
  expect(runOf(gateway)).toEqual({ outcome: "rate_limit_exceeded", model: "b/m" });
  expect(await storedIn(gateway)).toEqual(["user: hello"]);
});
