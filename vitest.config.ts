import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    // How long `expect.poll` waits: the tests share two cores.
    expect: { poll: { timeout: 10_000 } },
    // Hundreds of processes are started from sources: what one has stripped of types and compiled, the next one has.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/compiled") },
    // Real processes and sockets: much of the time is waiting, so that four keep two cores busy.
    maxWorkers: 4,
  },
});
