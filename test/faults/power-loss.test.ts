/** Power is taken from the store at random moments by a library below it: nothing acknowledged is lost. */
import { expect, test } from "vitest";
import { compileDiskLibrary } from "../../soak/preload.ts";
import { runPowerLoss } from "../../soak/power-loss.ts";

const library = compileDiskLibrary();
const reason = typeof library === "string" ? ` (skipped: ${library})` : "";
if (typeof library !== "string") library.remove();

test.skipIf(reason !== "")(
  `what was acknowledged before a loss of power is stored, and the store opens${reason}`,
  async () => {
    // The second process goes on with what the first one left.
    const report = await runPowerLoss(30);
    if (typeof report === "string") throw new Error(report);
    expect(report.faults).toEqual([]);
    expect(report.losses).toBe(30);
    expect(report.acknowledged).toBeGreaterThan(50);
  },
  120_000,
);

/** Tests the test rig itself. */
test.skipIf(reason !== "")(
  "a store that acknowledges before its sync loses turns, and the rig finds it",
  async () => {
    const report = await runPowerLoss(20, { syncs: false });
    if (typeof report === "string") throw new Error(report);
    expect(report.faults).not.toEqual([]);
  },
  120_000,
);
