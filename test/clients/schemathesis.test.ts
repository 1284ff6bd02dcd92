/**
 * Schemathesis sends what the published document allows and what it forbids, and compares each answer with the document. By
 * default it sends examples and boundary values. `npm run fuzz` also sends generated values and follows links for its time.
 */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import type { Endpoint } from "../../contracts/endpoint.ts";
import { endpoints } from "../../contracts/index.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";

const seconds = process.env["FUZZ_SECONDS"];
const program = [join(packageRoot, ".venv/bin/schemathesis"), "schemathesis"].find(
  (command) => spawnSync(command, ["--version"]).status === 0,
);
if (program === undefined)
  console.warn("The document is not fuzzed: no schemathesis (pip install schemathesis into .venv).");

/** Enables every endpoint, and lets wrong credentials be sent without end. */
function enableEverything(): ConfigInput {
  const switches = Object.values<Endpoint>(endpoints).flatMap(({ enabledBy = [] }) => enabledBy);
  const config = {
    gateway: { auth: { rateLimit: { maxAttempts: 1_000_000 } } },
    hooks: { token: "a-token-of-hooks-for-schemathesis" },
  };
  for (const path of switches) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let object: Record<string, unknown> = config;
    for (const key of keys) object = (object[key] ??= {}) as Record<string, unknown>;
    object[last] = true;
  }
  return config;
}

test.skipIf(program === undefined)(
  "every answer agrees with the document",
  async () => {
    const { url, log } = await startTestGateway({ config: enableEverything() });
    const config = join(packageRoot, "test/fixtures/schemathesis/schemathesis.toml");
    const document = join(packageRoot, "generated/openapi-3.2.yaml");
    const phases =
      seconds === undefined ? ["--phases", "examples,coverage", "--seed", "1"] : ["--max-time", seconds];
    const header = `Authorization: Bearer ${token}`;
    const args = `--config-file ${config} run ${document} --url ${url} --no-color --continue-on-failure`
      .split(" ")
      .concat("--header", header, phases);
    const result = await promisify(execFile)(program ?? "", args, {
      cwd: mkdtempSync(join(tmpdir(), "schemathesis-")),
      maxBuffer: 64 * 1024 * 1024,
    }).catch((error: unknown) => error as { readonly stdout: string });

    expect(result.stdout).toMatch(/^ +\d+ generated, \d+ passed, \d+ skipped$/m);
    expect(log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  },
  (Number(seconds ?? 0) + 420) * 1000,
);
