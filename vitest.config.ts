import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    // Real processes and sockets: more workers than cores only make them wait for each other.
    maxWorkers: 2,
  },
});
