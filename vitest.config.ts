/**
 * `npm test` runs the project `core`. `npm run test:interop` runs `interop` and then `alone`: the files that start foreign programs, and
 * those that take more than ten seconds on two quiet cores; and `postgres`: the files of the store once more, on PostgreSQL where it is
 * installed. `npx vitest run FILE` finds a file of each.
 */
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { findPostgres } from "./test/support/postgres/server.ts";
import { createFlakyReporter } from "./test/support/flaky-reporter.ts";

const foreignPrograms = [
  // Bubblewrap, mount, unshare, systemd, openssl, script, the shells that complete commands
  "test/agent/exec-sandbox.test.ts",
  "test/server/full-disk.test.ts",
  "test/server/guarded-fetch-tls.test.ts",
  "test/server/tls.test.ts",
  "test/server/tailscale.test.ts",
  "test/server/one-line-file.test.ts",
  "test/cli/chat.test.ts",
  "test/cli/exit-codes.test.ts",
  "test/cli/gateway-install.test.ts",
  "test/cli/completion.test.ts",
  "test/cli/terminal.test.ts",
  // Python and its programs, Codex, the original's command line
  "test/clients/codex-cli.test.ts",
  "test/clients/claude-code.test.ts",
  "test/clients/mcp-*.test.ts",
  "test/clients/anthropic-python.test.ts",
  "test/clients/generators.test.ts",
  "test/clients/openclaw-{cli,import}.test.ts",
  "test/clients/python-sdk.test.ts",
  "test/clients/schemathesis.test.ts",
  "test/clients/semantic-kernel.test.ts",
  // npm, Chromium
  "test/packages/*.test.ts",
  "test/server/docs-page.test.ts",
  "test/socket/docs.test.ts",
  "test/web/*.test.ts",
  // OpenTelemetry's collector
  "test/telemetry/otel-collector.test.ts",
  // Python and shells, nginx, Caddy and HAProxy, VitePress and Chromium, Redocly and git
  "test/docs/blocks.test.ts",
  "test/docs/openclaw-docs.test.ts",
  "test/docs/code-samples.test.ts",
  "test/docs/proxies.test.ts",
  "test/docs/proxy-users.test.ts",
  "test/docs/site.test.ts",
  "test/docs/spec-diff.test.ts",
  "test/docs/workflows.test.ts",
];

const slow = [
  // Random inputs for about ten seconds each; `npm run fuzz` takes longer
  "test/fuzz/*.test.ts",
  // Many processes, one after the other
  "test/cli/agent.test.ts",
  "test/cli/examples.test.ts",
  "test/cli/gateway-commands.test.ts",
  "test/cli/init.test.ts",
  "test/clients/openai-sdk-examples.test.ts",
  "test/clients/second-gateway.test.ts",
  "test/docs/examples.test.ts",
  "test/server/gateway-command.test.ts",
  "test/server/last-good-copy.test.ts",
  "test/server/openclaw-files.test.ts",
  "test/server/config-walk.test.ts",
  "test/faults/config-edits.test.ts",
  "test/server/restart.test.ts",
  "test/server/webhooks-restart.test.ts",
  "test/socket/restart.test.ts",
  // Load, kills, limits of memory and time
  "test/agent/power-loss.test.ts",
  "test/agent/store-damage.test.ts",
  "test/agent/store-retention.test.ts",
  "test/telemetry/usage.test.ts",
  "test/agent/sql-store-durability.test.ts",
  "test/faults/crash.test.ts",
  "test/faults/disk-faults.test.ts",
  "test/faults/fallback.test.ts",
  "test/faults/hostile-provider.test.ts",
  "test/faults/memory.test.ts",
  "test/faults/power-loss.test.ts",
  // Hundreds of cases: the fault table, and transports of MCP with their time limits
  "test/faults/after-content.test.ts",
  "test/faults/before-content.test.ts",
  "test/faults/messages.test.ts",
  "test/faults/provider-variations.test.ts",
  "test/faults/redirect.test.ts",
  "test/faults/retry.test.ts",
  "test/faults/wire-format-variations.test.ts",
  "test/agent/mcp-failures.test.ts",
  "test/agent/mcp-http.test.ts",
  "test/agent/mcp-odd-servers.test.ts",
  "test/agent/mcp-stdio.test.ts",
  "test/server/keys.test.ts",
  "test/server/keys-permissions.test.ts",
  "test/server/responses-grammar.test.ts",
  "test/telemetry/usage-exact.test.ts",
  // Processes and sockets that are left alone for seconds
  "test/agent/ai-sdk-abort.test.ts",
  "test/agent/ai-sdk-reading.test.ts",
  "test/server/config-reload.test.ts",
  "test/socket/config.test.ts",
  "test/agent/exec-termination.test.ts",
  "test/agent/process-tool.test.ts",
  "test/clients/typescript-client-sse.test.ts",
  "test/clients/typescript-socket-reconnect.test.ts",
  "test/server/backup.test.ts",
  "test/server/documents.test.ts",
  "test/server/drain.test.ts",
  "test/server/http-body.test.ts",
  "test/server/run-in-thread.test.ts",
];

/** Measures how long rejections take under load, so no other file runs beside it. */
const alone = ["test/faults/concurrency.test.ts"];

/** Files that run once more with their stores on PostgreSQL, beside SQLite. */
const onPostgres = [
  "test/agent/sql-store.test.ts",
  "test/agent/session-catalog.test.ts",
  "test/agent/response-store.test.ts",
  "test/agent/webhook-queue.test.ts",
  "test/agent/system-events.test.ts",
  "test/agent/idempotency-store.test.ts",
  "test/agent/store-clock.test.ts",
  "test/agent/conversation-reading.test.ts",
  "test/agent/file-store.test.ts",
  "test/server/conversations{,-stored}.test.ts",
  "test/server/files.test.ts",
  "test/server/hooks{,-access}.test.ts",
  "test/server/mcp.test.ts",
  "test/server/webhooks.test.ts",
  "test/socket/session-search.test.ts",
  "test/postgres/*.test.ts",
];
const postgres = findPostgres();
if ("reason" in postgres)
  console.warn(`${postgres.reason}: the tests of the store on PostgreSQL are skipped`);

/** Programs that are installed and run by hand: `npm run test:clients`. */
const byHand = ["test/clients/coding-programs.test.ts"];

/** `.ci/run` names the file of the results. */
const isCI = process.env["TEST_RESULTS"] !== undefined;

const interop = [...foreignPrograms, ...slow];

export default defineConfig({
  test: {
    // Limits for what never ends: on a busy machine all else may take long.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // One of thousands of tests that use processes and time may fall on a machine that is busy for a second. CI runs it again and
    // names it; elsewhere it fails.
    retry: isCI ? 1 : 0,
    reporters: isCI
      ? ["default", ["json", { outputFile: process.env["TEST_RESULTS"] }], createFlakyReporter()]
      : ["default"],
    expect: { poll: { timeout: 120_000 } },
    // Hundreds of processes start from sources. They share what was stripped of types and compiled.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/compiled") },
    // Real processes and sockets mostly wait: four workers keep two cores busy.
    maxWorkers: 4,
    // `npm run coverage`: the branches of what keeps conversations and checks credentials.
    coverage: {
      provider: "v8",
      include: ["server/auth/**", "server/agent/sessions/**", "server/lib/key-store.ts"],
      reporter: ["text"],
      skipFull: true,
      reportOnFailure: true,
    },
    projects: [
      {
        extends: true,
        test: {
          name: "core",
          include: ["test/**/*.test.ts"],
          exclude: [...interop, ...alone, ...byHand, "test/postgres/*.test.ts"],
        },
      },
      { extends: true, test: { name: "interop", include: interop } },
      { extends: true, test: { name: "alone", include: alone, sequence: { groupOrder: 1 } } },
      ...("reason" in postgres
        ? []
        : [
            {
              extends: true as const,
              test: {
                name: "postgres",
                include: onPostgres,
                globalSetup: "test/support/postgres/global-setup.ts",
                sequence: { groupOrder: 2 },
              },
            },
          ]),
      { extends: true, test: { name: "clients", include: byHand, testTimeout: 300_000 } },
    ],
  },
});
