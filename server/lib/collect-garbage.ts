/** Full collections on demand, which Node offers behind a flag only. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/** Collects all garbage. It takes about a millisecond for each megabyte of objects in use. */
export function collectGarbage(): void {
  if (collect === undefined) {
    // Node exposes the collector to contexts that are created after the flag is set.
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
    setFlagsFromString("--no-expose-gc");
  }
  collect();
}
