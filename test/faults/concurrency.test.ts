/** Many requests at once: turns of sessions keep their order, repeats of a request run once, and there is an end to room. */
import { expect, test } from "vitest";
import { percentile } from "../../bench/statistics.ts";
import { runIdempotency } from "../../soak/idempotency.ts";
import { runOrder } from "../../soak/order.ts";
import { runOverload } from "../../soak/overload.ts";

test("turns of a session run one after the other, each knowing all before it, whoever else talks", async () => {
  expect(await runOrder(300, 50)).toEqual([]);
}, 120_000);

test("a request that is sent three times runs once, also when the gateway is started again in between", async () => {
  const { executions, faults } = await runIdempotency(40, 10);
  expect(faults).toEqual([]);
  expect(executions).toBe(40);
}, 120_000);

test("with more requests than there is room for some are turned away at once, and none fails otherwise", async () => {
  const { statusCounts, rejectionMs, afterMs } = await runOverload(5, 3);
  expect([...statusCounts.keys()].sort()).toEqual(["200", "429", "503"]);
  expect(percentile(rejectionMs, 0.9)).toBeLessThan(1_000);
  expect(afterMs).toBeLessThan(2_000);
}, 120_000);
