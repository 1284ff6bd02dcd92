/** Where secrets come from: variables, `.env`, files and programs. No text that looks like a reference becomes a secret. */
import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { createInlineConfigSchema, type ConfigSchemaNode } from "../../contracts/config/json-schema.ts";
import { reveal } from "../../contracts/config/secret.ts";
import { secretPaths } from "../../server/config/secret-paths.ts";
import { reloadConfig } from "../../server/config/load.ts";
import { createConfigFile, createConfigFolder, type ConfigFolder } from "../support/gateway/config-folder.ts";

const withToken = (token: unknown, more: object = {}) =>
  createConfigFile({ gateway: { auth: { token } }, ...more });
const readToken = (folder: ConfigFolder, env: NodeJS.ProcessEnv = {}): string | undefined => {
  const { token } = folder.load({ env }).config.gateway.auth;
  return token && reveal(token);
};

// ── Text that looks like a reference ─────────────────────────────────────────

test.for(["${lower}", "${ NAME }", "${NAME:-x}", "${NAME", "a${b}c", "$name", "${}"])(
  "%s is an error in a secret and in an address, and a text in a prompt if it is no operator",
  (text) => {
    expect(withToken(text).readIssues({ env: { NAME: "n" } })).toEqual([
      expect.stringMatching(/^gateway\.auth\.token: .*(not a variable|not supported in a reference)/),
    ]);
    if (text.startsWith("$name")) return;
    const address = { models: { providers: { a: { baseUrl: `http://127.0.0.1/${text}` } } } };
    expect(createConfigFile(address).readIssues({ env: { NAME: "n" } })[0]).toMatch(
      /^models\.providers\.a\.baseUrl: .*(not a variable|not supported in a reference)/,
    );
  },
);

test("a secret may be the name of a variable, and its value is not searched for others", () => {
  expect(readToken(withToken("$NAME"), { NAME: "${OTHER}" })).toBe("${OTHER}");
  expect(readToken(withToken("${NAME}"), { NAME: "$OTHER" })).toBe("$OTHER");
  expect(withToken("$NAME").readIssues()).toEqual([
    "gateway.auth.token: the environment variable NAME is not set or empty",
  ]);
  expect(readToken(withToken("$${lower}"))).toBe("${lower}");
  expect(readToken(withToken("costs $5"))).toBe("costs $5");
});

test.for(["secretref:gateway/token", "{{TOKEN}}"])("%s is text, with a warning", (text) => {
  const folder = withToken(text);
  expect(readToken(folder)).toBe(text);
  expect(folder.load().warnings).toEqual([
    "gateway.auth.token: is used as it stands, though it looks like a reference of another program",
  ]);
});

test("the same holds in OpenClaw's places for secrets", () => {
  const { readIssues } = createConfigFile({
    mcp: { servers: { a: { url: "https://a.example/mcp", headers: { authorization: "Bearer ${token}" } } } },
    models: { providers: { b: { baseUrl: "http://b", request: { headers: { "x-key": "$key" } } } } },
  });
  expect(readIssues()).toEqual([
    expect.stringMatching(/^mcp\.servers\.a\.headers\.authorization: \$\{token\} is not a variable/),
    expect.stringMatching(/^models\.providers\.b\.request\.headers\.x-key: \$key is not a variable/),
  ]);
});

test("the list of secrets has all those of the schema", () => {
  const found: string[] = [];
  const walk = (node: ConfigSchemaNode, path: string): void => {
    const { anyOf = [], properties, additionalProperties, items } = node;
    if (anyOf.some(({ title }) => title === "SecretRef")) return void found.push(path);
    for (const variant of anyOf) walk(variant, path);
    for (const [key, child] of Object.entries(properties ?? {})) walk(child, `${path}.${key}`);
    if (typeof additionalProperties === "object") walk(additionalProperties, `${path}.*`);
    if (items !== undefined) walk(items, `${path}.*`);
  };
  walk(createInlineConfigSchema(), "");
  expect(new Set(found)).toEqual(new Set(secretPaths.map((path) => `.${path.join(".")}`)));
});

// ── Variables ────────────────────────────────────────────────────────────────

test("variables come from the process, then from .env of the state folder, then from the file; an empty one is none", () => {
  const { load } = createConfigFolder({
    "openclaw.json": {
      env: { vars: { A: "file", B: "file", C: "${A}", D: "file" } },
      agents: { defaults: { instructions: "${A} ${B} ${C} ${D}" } },
    },
    ".env": "# comment\nA=dotenv\nB='dotenv b'\n",
  });
  const { config, env } = load({ env: { A: "process", D: "" } });
  expect(config.agents.defaults.instructions).toBe("process dotenv b ${A} file");
  expect(env).toMatchObject({ A: "process", B: "dotenv b", D: "file" });
  expect(JSON.stringify(config)).not.toContain('"file"');
});

test("a known provider's key may be in .env or in the file", () => {
  const content = { agents: { defaults: { model: "groq/m" } }, env: { vars: { GROQ_API_KEY: "from-file" } } };
  const keyOf = (folder: ConfigFolder): string | undefined => {
    const { apiKey } = folder.load().config.models.providers["groq"] ?? {};
    return apiKey && reveal(apiKey);
  };
  expect(keyOf(createConfigFile(content))).toBe("from-file");
  expect(keyOf(createConfigFolder({ "openclaw.json": content, ".env": "GROQ_API_KEY=from-dotenv" }))).toBe(
    "from-dotenv",
  );
});

test("variables outside env.vars are errors, as in OpenClaw", () => {
  expect(createConfigFile({ env: { FOO: "x" } }).readIssues()).toEqual(["env.FOO: unknown key"]);
});

// ── References ───────────────────────────────────────────────────────────────

test("a reference to a variable needs no provider; an allowlist restricts it", () => {
  const ref = { source: "env", provider: "default", id: "TOKEN" };
  expect(readToken(withToken(ref), { TOKEN: "t" })).toBe("t");
  expect(readToken(withToken({ source: "env", id: "TOKEN" }), { TOKEN: "t" })).toBe("t");
  expect(withToken(ref).readIssues()).toEqual([
    "gateway.auth.token: the environment variable TOKEN is not set or empty",
  ]);
  const secrets = { providers: { default: { source: "env", allowlist: ["OTHER"] } } };
  expect(withToken(ref, { secrets }).readIssues({ env: { TOKEN: "t" } })).toEqual([
    "gateway.auth.token: TOKEN is not in the allowlist of secrets.providers.default",
  ]);
  expect(withToken({ source: "store", id: "TOKEN" }).readIssues()).toEqual([
    expect.stringMatching(/^gateway\.auth\.token: is in OpenClaw's own store/),
  ]);
  expect(withToken({ source: "file", provider: "none", id: "/a" }).readIssues()).toEqual([
    'gateway.auth.token: there is no provider "none" with source "file" in secrets.providers',
  ]);
});

/** A configuration whose token is in the file `secrets/tokens.json`. */
function createSecretFile(text: string, { id = "/gateway/to~1ken", mode = "json" } = {}) {
  const folder = createConfigFolder({
    "openclaw.json": {
      secrets: { providers: { files: { source: "file", path: "secrets/tokens.json", mode } } },
      gateway: { auth: { token: { source: "file", provider: "files", id } } },
    },
    "secrets/tokens.json": text,
  });
  const path = join(dirname(folder.file), "secrets/tokens.json");
  chmodSync(path, 0o600);
  return { ...folder, path };
}

test("a file has secrets by JSON pointer, or is one", () => {
  expect(readToken(createSecretFile('{"gateway":{"to/ken":"in-json"}}'))).toBe("in-json");
  expect(readToken(createSecretFile("alone\n", { mode: "singleValue", id: "value" }))).toBe("alone");
  expect(createSecretFile("{}").readIssues()[0]).toContain('has no text at "/gateway/to~1ken"');
  expect(createSecretFile("not json").readIssues()[0]).toContain("is not JSON");
  expect(createSecretFile("alone", { mode: "singleValue" }).readIssues()[0]).toContain('its id is "value"');
});

test("a file that others can read, a link, and a second name are refused; the reload watches the file", () => {
  const open = createSecretFile("{}");
  chmodSync(open.path, 0o640);
  expect(open.readIssues()[0]).toContain("can be read or changed by others: chmod 600");

  const linked = createSecretFile("{}");
  linkSync(linked.path, `${linked.path}.2`);
  expect(linked.readIssues()[0]).toContain("has a second name");

  const missing = createConfigFolder({
    "openclaw.json": {
      secrets: { providers: { files: { source: "file", path: "link.json" } } },
      gateway: { auth: { token: { source: "file", provider: "files", id: "/a" } } },
    },
  });
  const link = join(dirname(missing.file), "link.json");
  expect(missing.readIssues()[0]).toContain("no such file");
  symlinkSync(open.path, link);
  expect(missing.readIssues()[0]).toContain("is a symbolic link");

  const read: string[] = [];
  const good = createSecretFile('{"gateway":{"to/ken":"t"}}');
  good.load({ onRead: (file) => read.push(file) });
  expect(read).toEqual([good.file, good.path]);
});

/** A configuration whose token and key come from a program with this text. */
function createSecretProgram(script: string, settings: object = {}) {
  const folder = createConfigFolder({});
  const path = join(folder.home, "bin/read-secrets");
  mkdirSync(dirname(path));
  mkdirSync(dirname(folder.file), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o700);
  const provider = { source: "exec", command: path, ...settings };
  const content = {
    secrets: { providers: { vault: provider }, defaults: { exec: "vault" } },
    gateway: { auth: { token: { source: "exec", id: "gateway/token" } } },
    models: {
      providers: { a: { baseUrl: "http://a", apiKey: { source: "exec", provider: "vault", id: "key" } } },
    },
  };
  writeFileSync(folder.file, JSON.stringify(content));
  return { ...folder, path };
}

const answer = '{"protocolVersion":1,"values":{"gateway/token":"t-1","key":"k-1"}}';

test("a program is asked once for all its secrets, without a shell's environment", async () => {
  const folder = createSecretProgram(
    `request=$(cat); echo "$request|$VAULT_ADDR|$SECRET|$OWN" >> "$(dirname "$0")/requests"; echo '${answer}'`,
    { passEnv: ["VAULT_ADDR"], env: { OWN: "own" } },
  );
  const env = { VAULT_ADDR: "http://vault", SECRET: "hidden" };
  expect(readToken(folder, env)).toBe("t-1");
  const { config } = await reloadConfig({ env, home: folder.home });
  const { apiKey } = config.models.providers["a"] ?? {};
  expect(apiKey && reveal(apiKey)).toBe("k-1");
  const { readFileSync } = await import("node:fs");
  const request =
    '{"protocolVersion":1,"provider":"vault","ids":["gateway/token","key"]}|http://vault||own\n';
  expect(readFileSync(join(dirname(folder.path), "requests"), "utf8")).toBe(request.repeat(2));
});

test("what a program does wrong is an error at every secret that it was asked for", async () => {
  const problemOf = async (script: string, settings?: object): Promise<string | undefined> => {
    const folder = createSecretProgram(script, settings);
    const issues = folder.readIssues();
    await expect(reloadConfig({ env: {}, home: folder.home })).rejects.toThrow(issues[0]);
    expect(issues.map((issue) => issue.split(": ")[0])).toEqual([
      "gateway.auth.token",
      "models.providers.a.apiKey",
    ]);
    return issues[0]?.replace("gateway.auth.token: the program of secrets.providers.vault ", "");
  };
  expect(await problemOf("exit 3")).toBe("ended with status 3");
  expect(await problemOf("echo plain text")).toBe("has no such secret");
  expect(await problemOf(`echo '{"errors":{"gateway/token":{"code":"DENIED"}}}'`)).toBe("answered DENIED");
  expect(await problemOf("exec sleep 60", { timeoutMs: 200 })).toBe("took longer than 200 ms");
  expect(await problemOf("yes | head -c 5000", { maxOutputBytes: 100 })).toBe("printed too much");
  expect(await problemOf("true", { trustedDirs: ["/opt"] })).toBe("is not in one of trustedDirs");
});

test("a program that others can change is not started, and a check starts none", () => {
  const writable = createSecretProgram("echo started >&2; exit 1");
  chmodSync(writable.path, 0o722);
  expect(writable.readIssues()[0]).toContain("can be changed by others: chmod go-w");
  expect(writable.load({ runsCommands: false }).warnings).toEqual([]);
});

test("text instead of JSON is the value of the only id", () => {
  const folder = createSecretProgram("echo plain", { jsonOnly: false });
  const content = {
    secrets: { providers: { vault: { source: "exec", command: folder.path, jsonOnly: false } } },
    gateway: { auth: { token: { source: "exec", provider: "vault", id: "value" } } },
  };
  writeFileSync(folder.file, JSON.stringify(content));
  expect(readToken(folder)).toBe("plain");
});

test("a provider of secrets says what it needs", () => {
  const providers = { a: { source: "file" }, b: { source: "exec" }, c: { source: "exec", command: "vault" } };
  expect(createConfigFile({ secrets: { providers } }).readIssues()).toEqual([
    'secrets.providers.a.path: is required for source "file"',
    'secrets.providers.b.command: is required for source "exec"',
    "secrets.providers.c.command: must be an absolute path",
  ]);
});
