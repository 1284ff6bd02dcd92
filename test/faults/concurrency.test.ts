/** Many concurrent requests: turns of a session keep their order, retries run once, and overload is rejected. */
import { expect, test } from "vitest";
import { percentile } from "../../bench/statistics.ts";
import { runIdempotency } from "../../soak/idempotency.ts";
import { runOrder } from "../../soak/order.ts";
import { runOverload } from "../../soak/overload.ts";

test("turns of a session run one after the other with the full history, while other sessions run", async () => {
  expect(await runOrder(300, 50)).toEqual({ rejections: 0, faults: [] });
});

test("a request that is sent three times runs once, also across a restart of the gateway", async () => {
  const { executions, faults } = await runIdempotency(40, 10);
  expect(faults).toEqual([]);
  expect(executions).toBe(40);
});

test("under overload, some requests are rejected at once, and none fails otherwise", async () => {
  const { statusCounts, rejectionMs, healthMs, beforeMs, afterMs } = await runOverload(5, 3);
  // 429 is for a session with many waiting turns, 503 for a gateway that is full.
  expect([...statusCounts.keys()].toSorted()).toEqual(["200", "429", "503"]);
  // The health probes have what the machine itself adds.
  expect(percentile(rejectionMs, 0.9)).toBeLessThan(1_000 + 2 * percentile(healthMs, 0.9));
  expect(afterMs - beforeMs).toBeLessThan(1_800);
});
