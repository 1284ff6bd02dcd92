/** A checkout on a Node that is too old: after `npm ci --ignore-scripts` nothing brings another, and one line says so. */
import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";
import { fetchOldNode, oldVersion } from "../support/clients/old-node.ts";
import { shellEnv } from "../support/clients/npm-pack.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";

const oldNode = fetchOldNode();
const minuteMs = 60_000;

/** Neither what was installed nor what was built. */
const left = /^(node_modules|dist|site|\..*|openapi\.yaml|docs|test|bench|soak)$/;

test.skipIf(oldNode === undefined)(
  "npm ci --ignore-scripts, then npm start: one line says what to do",
  { timeout: 5 * minuteMs },
  () => {
    const checkout = join(createTemporaryFolder(), "checkout");
    cpSync(packageRoot, checkout, { recursive: true, filter: (path) => !left.test(basename(path)) });
    const env = { ...shellEnv, PATH: [dirname(oldNode ?? ""), process.env["PATH"]].join(delimiter) };
    // The npm of this machine, run by the old Node as it would be there.
    const npm = (...args: readonly string[]): ReturnType<typeof spawnSync> =>
      spawnSync("npm", args, { cwd: checkout, env, encoding: "utf8", timeout: 4 * minuteMs });
    expect(spawnSync("node", ["--version"], { env, encoding: "utf8" }).stdout).toBe(`v${oldVersion}\n`);
    const install = npm("ci", "--ignore-scripts", "--prefer-offline");
    expect([install.status, install.stderr]).toEqual([0, expect.not.stringContaining("allow-scripts")]);

    for (const script of ["start", "openclaw", "test"]) {
      const { status, stderr } = npm("run", "--silent", script);
      expect([script, status, stderr]).toEqual([
        script,
        1,
        `Node 24.14.1 or newer is needed, and this is ${oldVersion}: run \`npm ci\` without --ignore-scripts, which brings its own, or install Node 24.\n`,
      ]);
    }
  },
);
