/**
 * Loaded into a gateway before its own code: sends its live memory to the parent, sets the clock wrong, and exits when the
 * parent does.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

const readClock = Date.now;
let clockShiftMs = Number(process.env["SOAK_CLOCK_SHIFT_MS"] ?? 0);
Date.now = () => readClock() + clockShiftMs;

process.on("message", (message) => {
  if (typeof message === "number") {
    clockShiftMs = message;
    return;
  }
  gc();
  gc();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  process.send?.((heapUsed + external + arrayBuffers) / 1_000_000);
});
process.once("disconnect", () => process.exit());
// The probe alone does not keep the gateway alive.
process.channel?.unref();
