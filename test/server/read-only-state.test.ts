/** A state folder on a read-only disk, or of another user: the error names the folder and what to do. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { chatConfig, createTemporaryFolder, token } from "../support/gateway/gateway.ts";
import { start } from "../support/clients/command-line.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";

/** Returns the reason why it cannot be done. Root may write wherever the disk can be written. */
function makeReadOnly(folder: string): string | undefined {
  if (process.getuid?.() !== 0) {
    chmodSync(folder, 0o500);
    onTestFinished(() => chmodSync(folder, 0o700));
    return undefined;
  }
  const mount = (...args: readonly string[]): boolean => spawnSync("mount", [...args, folder]).status === 0;
  if (!mount("--bind", folder)) return "skipped here: nothing can be mounted";
  onTestFinished(() => void spawnSync("umount", ["-l", folder]));
  return mount("-o", "remount,bind,ro") ? undefined : "skipped here: nothing can be mounted read-only";
}

test.each([
  ["new", ["--token", token]],
  ["used", ["--token", token]],
  ["new", []],
])("a state folder that is %s and cannot be written, with %j", async (state, flags) => {
  const folder = join(createTemporaryFolder(), "state");
  mkdirSync(folder, { mode: 0o700 });
  if (state === "used") {
    const gateway = await startGatewayProcess({ stateDir: folder });
    expect(await gateway.end("SIGTERM")).toBe(0);
  }
  const reason = makeReadOnly(folder);
  if (reason !== undefined) return console.log(reason);
  const output = await failToStart(folder, flags);
  expect(output).toContain(`The state folder ${folder} cannot be read and written by this user`);
  expect(output).toContain("OPENCLAW_STATE_DIR");
});

test("a store that is damaged names the file, and the command that replaces it", async () => {
  const folder = createTemporaryFolder();
  const path = join(folder, "sessions.sqlite");
  writeFileSync(path, "not a database, but longer than the head of one: ".repeat(40));
  const output = await failToStart(folder, ["--token", token]);
  expect(output).toContain(`The store ${path} is damaged: file is not a database`);
  expect(output).toContain("openclaw sessions restore FILE");
});

test.each([
  ["state", ["--token", token]],
  ["state/below", ["--token", token]],
  ["state", []],
])("a state folder that is, or is in, a file: %s with %j", async (name, flags) => {
  const parent = createTemporaryFolder();
  writeFileSync(join(parent, "state"), "a file");
  const output = await failToStart(join(parent, name), flags);
  expect(output).toContain(`The state folder ${join(parent, name)} or a folder above it is a file`);
  expect(output).toContain("OPENCLAW_STATE_DIR");
});

/** Resolves to the output of a gateway that ends with 1. */
async function failToStart(stateDir: string, flags: readonly string[]): Promise<string> {
  const configPath = join(createTemporaryFolder(), "openclaw.json");
  writeFileSync(configPath, JSON.stringify(chatConfig));
  const env = { ...process.env, OPENCLAW_CONFIG_PATH: configPath, OPENCLAW_STATE_DIR: stateDir };
  const gateway = start(env, ["gateway", ...flags, "--port", "0"]);
  expect(await gateway.code).toBe(1);
  const output = gateway.out() + gateway.err();
  expect(output).not.toMatch(/\n +at /);
  return output;
}
