/** What requests of all kinds leave behind in a gateway's memory. */
import { expect, test } from "vitest";
import { runMemory } from "../../soak/memory.ts";

test("requests leave nothing behind: whole, streamed, stored, refused, and left by their callers", async () => {
  const { perThousand } = await runMemory(1_000, 2, 500);
  // The promise is 0.1 MB; after so few requests code is still being compiled and caches are still being filled.
  expect(perThousand).toBeLessThan(1.5);
}, 120_000);
