import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";

const names = ["openapi-typescript", "openapi-generator python", "oapi-codegen"];
const minutes = 60_000;

// docs/generators.md has the table of all of them. Each is installed for this test where its registry can be reached.
test.each(names)(
  "the client of %s asks, reads an error, runs a tool and streams",
  async (name) => {
    const script = join(packageRoot, "scripts/generators.ts");
    // Fails with the output of the step that failed.
    const { stdout } = await promisify(execFile)(process.execPath, [script, name, "--json"], {
      cwd: packageRoot,
    });
    const results = (JSON.parse(stdout) as Record<string, Record<string, string>>)[name];
    if (results?.["read"]?.startsWith("skipped")) {
      console.warn(`${name}: ${results["read"]}`);
      return;
    }
    const steps = ["read", "compile", "chat", "error", "tool", "stream"];
    expect(results).toEqual(Object.fromEntries(steps.map((step) => [step, "ok"])));
  },
  6 * minutes,
);
