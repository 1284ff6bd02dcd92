import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkExposure, resolveSharedSecret, type SecretSource } from "../../server/auth/shared-secret.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";

const source = (name: string, secrets: { token?: string; password?: string } = {}): SecretSource => ({
  name,
  token: secrets.token,
  password: secrets.password,
});
const good = "a-token-of-good-length-0123";

test("without a secret a token is created once, readable by its owner only, and reused", () => {
  const stateDir = join(createTemporaryFolder(), "state");
  const created = resolveSharedSecret(undefined, [source("the environment")], stateDir);
  const file = join(stateDir, "gateway-token");
  expect(created).toMatchObject({ mode: "token", source: file, file, weakness: undefined });
  expect(created.text).toMatch(/^[0-9a-f]{48}$/);
  expect(readFileSync(file, "utf8")).toBe(`${created.text}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(stateDir).mode & 0o777).toBe(0o700);
  expect(resolveSharedSecret(undefined, [], stateDir)).toEqual(created);
});

test("two folders get two tokens", () => {
  const created = [createTemporaryFolder(), createTemporaryFolder()].map(
    (folder) => resolveSharedSecret("token", [], folder).text,
  );
  expect(new Set(created).size).toBe(2);
});

test("an empty token file is replaced; an unreadable one is an error", () => {
  const stateDir = createTemporaryFolder();
  writeFileSync(join(stateDir, "gateway-token"), "\n", { mode: 0o644 });
  expect(resolveSharedSecret(undefined, [], stateDir).text).toMatch(/^[0-9a-f]{48}$/);
  expect(statSync(join(stateDir, "gateway-token")).mode & 0o777).toBe(0o600);

  const other = createTemporaryFolder();
  mkdirSync(join(other, "gateway-token"));
  expect(() => resolveSharedSecret(undefined, [], other)).toThrow("EISDIR");
});

test("the first source with a secret wins, and is named", () => {
  const sources = [
    source("the command line"),
    source("the configuration", { token: good }),
    source("the environment", { token: "another", password: "another" }),
  ];
  expect(resolveSharedSecret(undefined, sources, "/nowhere")).toEqual({
    mode: "token",
    kind: "token",
    text: good,
    source: "the configuration",
    weakness: undefined,
  });
});

test("the mode follows from the secret that is set", () => {
  const password = source("the environment", { password: "correct horse" });
  expect(resolveSharedSecret(undefined, [password], "/nowhere")).toMatchObject({
    mode: "password",
    text: "correct horse",
  });
});

test("a token and a password in one source need a mode", () => {
  const both = [source("the configuration", { token: good, password: "correct horse" })];
  expect(() => resolveSharedSecret(undefined, both, "/nowhere")).toThrow(
    "gateway.auth.mode: is required: both a token and a password are set in the configuration",
  );
  expect(resolveSharedSecret("password", both, "/nowhere").text).toBe("correct horse");
  expect(resolveSharedSecret("token", both, "/nowhere").text).toBe(good);
});

test("mode password without a password is an error; mode none needs no credential and is weak", () => {
  expect(() => resolveSharedSecret("password", [source("x", { token: good })], "/nowhere")).toThrow(
    "OPENCLAW_GATEWAY_PASSWORD",
  );
  expect(resolveSharedSecret("none", [source("x", { token: good })], "/nowhere")).toMatchObject({
    text: undefined,
    weakness: "no credential is required",
  });
});

test("a blank secret is an error where it is written down, and unset in the environment", () => {
  for (const secrets of [{ token: "  " }, { password: "" }]) {
    const blank = [source("the configuration", secrets), source("the environment", { token: good })];
    expect(() => resolveSharedSecret(undefined, blank, "/nowhere")).toThrow("is blank in the configuration");
  }
  const unset = [source("the configuration", { token: good }), source("the environment", { token: "" })];
  expect(resolveSharedSecret(undefined, unset, "/nowhere")).toMatchObject({ source: "the configuration" });
});

test("in the modes jwt and trusted-proxy the shared secret is a password, or a token that is created", () => {
  const password = source("x", { password: "short" });
  expect(resolveSharedSecret("jwt", [password], "/nowhere")).toMatchObject({
    text: "short",
    weakness: undefined,
  });
  expect(resolveSharedSecret("trusted-proxy", [], createTemporaryFolder())).toMatchObject({ kind: "token" });
  const token = source("x", { token: good });
  expect(() => resolveSharedSecret("jwt", [token], "/nowhere")).toThrow("cannot be used in mode jwt");
});

test.each([
  "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb",
  "abcabcabcabcabcabcabcabcabcabc",
  "12345678901234567890123456",
  "abcdefghijklmnopqrstuvwxyz",
  "my-super-secret-token-2026",
  "openclaw-token-openclaw-1!",
])("%s is long, and weak all the same", (token) => {
  expect(resolveSharedSecret("token", [source("x", { token })], "/nowhere").weakness).toMatch(
    /different characters|easy to guess/,
  );
});

test.each([
  "changeme",
  "change-me",
  "CHANGE_ME",
  "undefined",
  "<your-token-goes-right-here>",
  "your-gateway-token-goes-here",
  "xxxxxxxxxxxxxxxxxxxxxxxxxx",
  "**************************",
])("the placeholder %s is weak", (token) => {
  expect(resolveSharedSecret("token", [source("x", { token })], "/nowhere").weakness).toMatch(
    /placeholder|shorter/,
  );
});

test("a token under 24 and a password under 12 characters are weak", () => {
  const weakness = (secrets: { token?: string; password?: string }): string | undefined =>
    resolveSharedSecret(undefined, [source("x", secrets)], "/nowhere").weakness;
  expect(weakness({ token: "t".repeat(3) + "0123456789abcdefghij" })).toContain("24");
  expect(weakness({ token: "t".repeat(4) + "0123456789abcdefghij" })).toBeUndefined();
  expect(weakness({ password: "12345678901" })).toContain("12");
  expect(weakness({ password: "1357-9024-68" })).toBeUndefined();
});

test.each([
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["::1", true],
  ["localhost", true],
  ["0.0.0.0", false],
  ["::", false],
  ["192.168.1.2", false],
  ["127.example.org", false],
])("with a weak secret the gateway may listen on %s: %s", (host, mayListen) => {
  const weak = resolveSharedSecret(undefined, [source("x", { token: "short" })], "/nowhere");
  const strong = resolveSharedSecret(undefined, [source("x", { token: good })], "/nowhere");
  expect(() => checkExposure(host, strong)).not.toThrow();
  const check = (): void => checkExposure(host, weak);
  if (mayListen) expect(check).not.toThrow();
  else expect(check).toThrow(/^ {2}gateway\.auth: Refusing to listen on .*24.*OPENCLAW_GATEWAY_TOKEN/m);
});

test("the error of an exposed gateway names the settings of its mode", () => {
  const none = resolveSharedSecret("none", [], "/nowhere");
  expect(() => checkExposure("0.0.0.0", none)).toThrow("Choose gateway.auth.mode token or password");
  const weak = resolveSharedSecret("password", [source("x", { password: "short" })], "/nowhere");
  expect(() => checkExposure("0.0.0.0", weak)).toThrow("OPENCLAW_GATEWAY_PASSWORD");
});
