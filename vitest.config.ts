/**
 * `npm test` runs the project `core`. `npm run test:interop` runs `interop` and then `alone`: the files that start foreign programs, and
 * those that take more than ten seconds on two quiet cores. `npx vitest run FILE` finds a file of either.
 */
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { createFlakyReporter } from "./test/support/flaky-reporter.ts";

const foreignPrograms = [
  // Bubblewrap, mount, openssl, script, the shells that complete commands
  "test/agent/exec-sandbox.test.ts",
  "test/server/full-disk.test.ts",
  "test/server/guarded-fetch-tls.test.ts",
  "test/cli/{chat,completion,terminal}.test.ts",
  // Python, Codex, the original's command line
  "test/clients/{codex-cli,openclaw-cli,python-sdk,semantic-kernel}.test.ts",
  // npm, Chromium
  "test/packages/*.test.ts",
  "test/server/docs-page.test.ts",
  "test/socket/docs.test.ts",
  // Python and shells, nginx and Caddy, VitePress and Chromium, Redocly and git
  "test/docs/{blocks,code-samples,proxies,site,spec-diff,workflows}.test.ts",
];

const slow = [
  // Many processes, one after the other
  "test/cli/{agent,examples}.test.ts",
  "test/clients/{openai-sdk-examples,second-gateway}.test.ts",
  "test/docs/examples.test.ts",
  "test/server/{gateway-command,restart}.test.ts",
  "test/socket/restart.test.ts",
  // Load, kills, limits of memory and time
  "test/agent/{power-loss,sql-store-durability}.test.ts",
  "test/faults/{crash,fallback,hostile-provider,memory,power-loss}.test.ts",
  // Hundreds of cases: the fault table, and transports of MCP with their time limits
  "test/faults/{after-content,before-content,provider-variations,redirect,retry,wire-format-variations}.test.ts",
  "test/agent/mcp-{failures,http,odd-servers,stdio}.test.ts",
  "test/server/{keys,responses-grammar}.test.ts",
  // Processes and sockets that are left alone for seconds
  "test/agent/{ai-sdk-reading,exec-termination,process-tool}.test.ts",
  "test/clients/typescript-{client-sse,socket-reconnect}.test.ts",
  "test/server/{backup,documents,drain,http-body,run-in-thread}.test.ts",
];

/** Measures how long rejections take under load, so no other file runs beside it. */
const alone = ["test/faults/concurrency.test.ts"];

/** Programs that are installed and run by hand: `npm run test:clients`. */
const byHand = ["test/clients/{coding-programs,generators}.test.ts"];

/** `.ci/run` names the file of the results. */
const isCI = process.env["TEST_RESULTS"] !== undefined;

const interop = [...foreignPrograms, ...slow];

export default defineConfig({
  test: {
    testTimeout: 20_000,
    // One of thousands of tests that use processes and time may fall on a machine that is busy for a second. CI runs it again and
    // names it; elsewhere it fails.
    retry: isCI ? 1 : 0,
    reporters: isCI
      ? ["default", ["json", { outputFile: process.env["TEST_RESULTS"] }], createFlakyReporter()]
      : ["default"],
    // The tests share two cores.
    expect: { poll: { timeout: 10_000 } },
    // Hundreds of processes start from sources. They share what was stripped of types and compiled.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/compiled") },
    // Real processes and sockets mostly wait: four workers keep two cores busy.
    maxWorkers: 4,
    projects: [
      {
        extends: true,
        test: { name: "core", include: ["test/**/*.test.ts"], exclude: [...interop, ...alone, ...byHand] },
      },
      // Programs start slowly on a busy machine.
      { extends: true, test: { name: "interop", include: interop, testTimeout: 60_000 } },
      {
        extends: true,
        test: { name: "alone", include: alone, testTimeout: 60_000, sequence: { groupOrder: 1 } },
      },
      { extends: true, test: { name: "clients", include: byHand, testTimeout: 300_000 } },
    ],
  },
});
