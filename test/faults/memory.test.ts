/** Memory that requests of all kinds leave behind in a gateway. */
import { expect, test } from "vitest";
import { runMemory } from "../../soak/memory.ts";

test("requests leave nothing behind: unstreamed, streamed, stored, rejected and aborted ones", async () => {
  const { perThousand } = await runMemory(1_000, 2, 500);
  // The promise is 0.1 MB. After so few requests, code is still being compiled and caches are filling.
  expect(perThousand).toBeLessThan(1.5);
});
