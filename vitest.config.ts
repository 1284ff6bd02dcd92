import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    // How long `expect.poll` waits: the tests share two cores.
    expect: { poll: { timeout: 10_000 } },
    // Real processes and sockets: much of the time is waiting, so that three keep two cores busy.
    maxWorkers: 3,
  },
});
