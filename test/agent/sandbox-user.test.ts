import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Tools } from "../../contracts/config/tools.ts";
import { findSandboxUser, type SandboxUser } from "../../server/agent/exec/sandbox-user.ts";

function find(sandboxUser?: string | number, sandbox: "off" | "bwrap" | "auto" = "auto"): unknown {
  const folder = mkdtempSync(join(tmpdir(), "gateway-passwd-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const passwdFile = join(folder, "passwd");
  writeFileSync(
    passwdFile,
    "root:x:0:0::/root:/bin/sh\nada:x:1001:1002::/home/ada:/bin/sh\ntoor:x:0:7::/:/bin/sh\n",
  );
  const settings = Tools.parse({ exec: { sandbox, ...(sandboxUser !== undefined && { sandboxUser }) } }).exec;
  return findSandboxUser(settings, { isRoot: true, passwdFile });
}

test("the user of sandboxed commands is a uid, known or not, or a name", () => {
  const cases: readonly (readonly [string | number | undefined, SandboxUser])[] = [
    [undefined, { uid: 65_534, gid: 65_534 }],
    ["ada", { uid: 1001, gid: 1002 }],
    [1001, { uid: 1001, gid: 1002 }],
    ["1001", { uid: 1001, gid: 1002 }],
    [2000, { uid: 2000, gid: 2000 }],
  ];
  for (const [setting, user] of cases) expect(find(setting)).toEqual(user);
});

test("root and unknown names are errors that name the setting", () => {
  expect(() => find("root")).toThrow("tools.exec.sandboxUser: commands cannot run as root");
  expect(() => find("toor")).toThrow("commands cannot run as root");
  expect(() => find("bob")).toThrow('there is no user "bob" on this machine; use a uid, such as 65534');
});

test("without a sandbox, or as an ordinary user, commands keep the gateway's user", () => {
  expect(find("ada", "off")).toBeUndefined();
  const settings = Tools.parse({ exec: { sandbox: "bwrap" } }).exec;
  expect(findSandboxUser(settings, { isRoot: false })).toBeUndefined();
});
