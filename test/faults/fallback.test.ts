/** Every fault of a provider before its first content, with another provider to fall back to. */
import { afterAll, describe, expect, test } from "vitest";
import {
  ask,
  failing,
  keysSeenBy,
  leaks,
  rightAnswer,
  runOf,
  startCell,
  storedIn,
} from "../support/fault-cell.ts";
import { earlyCells, keys } from "../support/fault-table.ts";
import { startProviderProcess } from "../support/provider-process.ts";

const providers = await startProviderProcess();
afterAll(() => providers.stop());

const cells = earlyCells();

describe("with a fallback the caller gets its answer, whole", () => {
  test.for(cells.filter(({ fallsBack }) => fallsBack))("$fault, $door", async (cell) => {
    const { stream } = cell;
    const a = await failing(providers, cell, stream);
    const b = providers.lane();
    await b.script(rightAnswer("all is well", stream));
    const gateway = await startCell({ a, b, timeouts: cell.timeouts });
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
  test.for(cells.filter(({ fallsBack }) => !fallsBack))("$fault, $door: $status $code", async (cell) => {
    const { stream, status, code } = cell;
    const a = await failing(providers, cell, stream);
    const b = providers.lane();
    const gateway = await startCell({ a, b });
    const received = await ask(gateway, { stream });

    expect(received).toMatchObject({ status, error: { code } });
    expect(await keysSeenBy(a)).toEqual([keys.a]);
    expect(await keysSeenBy(b)).toEqual([]);
    expect(runOf(gateway)).toEqual({ outcome: code, model: "a/m" });
  });
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
