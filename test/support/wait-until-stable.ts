import { setTimeout as sleep } from "node:timers/promises";

/** Returns the value when it has stayed the same for fifteen checks. Between two checks the event loop runs, also after a long pause. */
export async function waitUntilStable(read: () => number): Promise<number> {
  let last = read();
  for (let unchangedChecks = 0; unchangedChecks < 15;) {
    await sleep(20);
    const value = read();
    unchangedChecks = value === last ? unchangedChecks + 1 : 0;
    last = value;
  }
  return last;
}
