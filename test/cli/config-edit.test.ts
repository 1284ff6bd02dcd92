/** The commands that read and change the configuration file. */
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run, type CommandResult } from "../support/clients/command-line.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";

const source = `// The office.
{
  gateway: {
    port: 18789, // the usual one
    auth: { token: "\${TOKEN}" },
  },
}
`;

function createInstallation(text: string | null = source) {
  const folder = createTemporaryFolder();
  const file = join(folder, "openclaw.json");
  if (text !== null) writeFileSync(file, text);
  const env = { HOME: folder, OPENCLAW_STATE_DIR: folder, TOKEN: "token-canary-0123456789abcdef" };
  const config = (...args: readonly string[]): Promise<CommandResult> => run(env, ["config", ...args]);
  return { folder, file, env, config, read: () => readFileSync(file, "utf8") };
}

test("get prints what is set, what is the default, and no secret", async () => {
  const { config, file } = createInstallation();
  expect(await config("get", "gateway.port")).toMatchObject({ code: 0, out: "18789" });
  expect(await config("get", "gateway.bind")).toMatchObject({ out: "loopback" });
  expect(await config("get", "gateway.bind", "--json")).toMatchObject({ out: '"loopback"' });
  expect((await config("get", "gateway.auth")).out).toContain('"token": "[redacted]"');
  expect(await config("get", "gateway.nothing")).toMatchObject({
    code: 1,
    err: "gateway.nothing is not set.",
  });
  expect(await config("get", "gateway..port")).toMatchObject({ code: 2 });
  expect(await config("file")).toMatchObject({ out: file });
});

test("set and unset keep comments, references and the mode of the file", async () => {
  const { config, read, file } = createInstallation();
  chmodSync(file, 0o640);
  expect(await config("set", "gateway.port", "8080")).toMatchObject({
    code: 0,
    out: `${file} was written.\nRestart the gateway to apply gateway.port.`,
  });
  expect(read()).toBe(source.replace("18789", "8080"));
  expect(statSync(file).mode & 0o777).toBe(0o640);
  await config("set", "agents.list", '[{ id: "main", name: "Ada" }]');
  await config("set", "agents.list[0].name", "Grace");
  expect((await config("get", "agents.list[0].name")).out).toBe("Grace");
  await config("unset", "agents");
  await config("set", "gateway.port", "18789");
  expect(read()).toBe(source);
});

test("a change without a file adds to what applies without a file", async () => {
  const { config } = createInstallation(null);
  const before = await config("get", "--json");
  expect(await config("set", "gateway.port", "8080")).toMatchObject({ code: 0 });
  expect((await config("get", "tools.profile")).out).toBe("minimal");
  expect((await config("get", "gateway.http.endpoints.chatCompletions.enabled")).out).toBe("true");
  await config("unset", "gateway.port");
  expect(await config("get", "--json")).toEqual(before);
});

test("a change that is not valid is not written", async () => {
  const { config, read } = createInstallation();
  for (const [path, value] of [
    ["gateway.prot", "1"],
    ["gateway.port", "many"],
    ["agents.list.0.name", "x"],
    ["gateway.port.x", "1"],
    ["gateway.auth.mode", "password"],
    ["gateway.workers", "2"],
  ] as const)
    expect((await config("set", path, value)).code, path).toBeGreaterThan(0);
  expect((await config("set", "gateway.prot", "1")).err).toContain('unknown key (did you mean "port"?)');
  expect(await config("set", "gateway.port", "x1", "--strict-json")).toMatchObject({ code: 2 });
  expect((await config("set", "gateway.port", "1", "--dry-run")).out).toContain("would be valid");
  expect(read()).toBe(source);
});

test("a file that others own, or that must not be written, stays as it is", async () => {
  const { config, env } = createInstallation();
  const readonly = await run({ ...env, OPENCLAW_CONFIG_READONLY: "1" }, [
    "config",
    "set",
    "gateway.port",
    "1",
  ]);
  expect([readonly.code, readonly.err]).toEqual([
    1,
    expect.stringContaining("OPENCLAW_CONFIG_READONLY is 1"),
  ]);
  const original = createInstallation('{ meta: { lastTouchedVersion: "2026.9.6" } }');
  expect((await original.config("set", "gateway.port", "1")).err).toContain("belongs to OpenClaw");
  expect(await config("get", "gateway.port")).toMatchObject({ out: "18789" });
});

test("a file that does not exist is made for its owner alone, and a link stays one", async () => {
  const { config, read, file, folder } = createInstallation(null);
  await config("set", "tools.deny", '["exec"]');
  expect(read()).toMatch(
    /^\/\/ The built-in configuration[^]*\n  tools: \{\n    profile: "minimal",\n    deny: \[\s*"exec",?\s*\],\n  \},\n\}\n$/,
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const link = join(folder, "link.json");
  symlinkSync(file, link);
  const env = { HOME: folder, OPENCLAW_STATE_DIR: folder, OPENCLAW_CONFIG_PATH: link };
  await run(env, ["config", "set", "gateway.port", "1"]);
  expect(read()).toContain("port: 1");
});

test("edit writes what the editor leaves, if it is valid", async () => {
  const { config, read, env } = createInstallation();
  const edit = (script: string): Promise<CommandResult> =>
    run({ ...env, PATH: process.env["PATH"], EDITOR: script }, ["config", "edit"]);
  expect(await edit("sed -i s/18789/8080/")).toMatchObject({ code: 0 });
  expect(read()).toBe(source.replace("18789", "8080"));
  expect(await edit("true")).toMatchObject({ out: "Nothing was changed." });
  const broken = await edit("sed -i s/port/prot/");
  expect(broken.code).toBe(1);
  const copy = /Your changes are in (\S+)\./.exec(broken.err)?.[1] ?? "";
  expect(existsSync(copy)).toBe(true);
  expect((await edit("false")).code).toBe(1);
  expect(read()).toBe(source.replace("18789", "8080"));
  expect(await config("validate")).toMatchObject({ code: 0 });
});

test("validate tells programs what is wrong", async () => {
  const { config, file } = createInstallation('{ gateway: { port: "x" } }');
  const { code, out } = await config("validate", "--json");
  expect([code, JSON.parse(out)]).toEqual([
    78,
    { valid: false, path: file, issues: [{ path: "gateway.port", message: "expected number, got string" }] },
  ]);
});
