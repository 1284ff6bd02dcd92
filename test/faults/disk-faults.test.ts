import { expect, test } from "vitest";
import { runDiskFaults } from "../../soak/disk-faults.ts";

test("each write of the store fails once, as on a full, a broken and a read-only disk: nothing is lost, and the store recovers", async (context) => {
  const report = await runDiskFaults();
  if (typeof report === "string") return context.skip(report);
  expect(report.faults).toEqual([]);
  // Three errors at each position of several turns, and of a start.
  expect(report.failures).toBeGreaterThan(100);
  expect(report.acknowledged).toBeGreaterThan(300);
});
