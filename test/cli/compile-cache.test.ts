import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot, packageVersion } from "../../server/lib/package.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";

/** Runs `openclaw --version` without the cache that the tests share. */
function printVersion(stateDir: string, env: NodeJS.ProcessEnv = {}): unknown {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(packageRoot, "cli/main.ts"), "--version"],
    { env: { OPENCLAW_STATE_DIR: stateDir, ...env }, encoding: "utf8" },
  );
  return { status, stdout, stderr };
}

const success = { status: 0, stdout: `${packageVersion}\n`, stderr: "" };
const listCache = (stateDir: string): readonly string[] =>
  readdirSync(join(stateDir, "compile-cache"), { recursive: true }).map(String);

test("compiled code is cached in a private folder of the state folder", () => {
  const stateDir = createTemporaryFolder();
  expect(printVersion(stateDir)).toEqual(success);
  expect(statSync(join(stateDir, "compile-cache")).mode & 0o777).toBe(0o700);
  expect(listCache(stateDir).length).toBeGreaterThan(2);
  expect(printVersion(stateDir)).toEqual(success);
});

test("a command other than the gateway creates no state folder", () => {
  const stateDir = join(createTemporaryFolder(), "state");
  expect(printVersion(stateDir)).toEqual(success);
  expect(existsSync(stateDir)).toBe(false);
});

test("the cache that NODE_COMPILE_CACHE names is used instead", () => {
  const stateDir = createTemporaryFolder();
  expect(printVersion(stateDir, { NODE_COMPILE_CACHE: createTemporaryFolder() })).toEqual(success);
  expect(readdirSync(stateDir)).toEqual([]);
});

test("a state folder in which nothing can be created is no error", () => {
  const stateDir = createTemporaryFolder();
  chmodSync(stateDir, 0o500);
  expect(printVersion(stateDir)).toEqual(success);
  // The superuser may write there, but nobody can create a folder here.
  expect(printVersion("/proc/self")).toEqual(success);
  writeFileSync(join(stateDir, "file"), "");
  expect(printVersion(join(stateDir, "file"))).toEqual(success);
});

test("a cache to which others may write is not used", () => {
  const stateDir = createTemporaryFolder();
  mkdirSync(join(stateDir, "compile-cache"));
  chmodSync(join(stateDir, "compile-cache"), 0o777);
  expect(printVersion(stateDir)).toEqual(success);
  expect(listCache(stateDir)).toEqual([]);
});
