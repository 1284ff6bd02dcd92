import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cleanEnvironment } from "../../server/agent/exec/environment.ts";
import { readOutput, createTestExec } from "../support/tools/exec.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";

const names = (env: Readonly<Record<string, string>>, secrets: readonly string[] = []): readonly string[] =>
  Object.keys(cleanEnvironment(env, secrets));

describe("the name of a variable", () => {
  test.each([
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "HF_TOKEN",
    "github_token",
    "NPM_CONFIG__AUTHTOKEN",
    "CLIENT_SECRET",
    "DJANGO_SECRET_KEY",
    "PGPASSWORD",
    "DB_PASSWD",
    "SMTP_PASS",
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "SSH_PRIVATE_KEY",
    "SENTRY_DSN",
    "GH_PAT",
    "OPENCLAW_GATEWAY_TOKEN",
    "OPENCLAW_STATE_DIR",
    "NODE_OPTIONS",
    "BASH_ENV",
    "ENV",
    "npm_config_registry",
  ])("%s is not handed on", (name) => {
    expect(names({ [name]: "some value" })).toEqual([]);
  });

  test.each([
    "PATH",
    "HOME",
    "LANG",
    "PWD",
    "EDITOR",
    "KEYBOARD",
    "TOKENIZERS_PARALLELISM",
    "SSH_AUTH_SOCK",
    "JAVA_HOME",
    "HTTPS_PROXY",
    "XAUTHORITY",
    "AUTHOR",
    "COMPASS",
  ])("%s is handed on", (name) => {
    expect(names({ [name]: "some value" })).toEqual([name]);
  });
});

test("a variable that contains a configured secret or a password is not passed on", () => {
  const env = {
    INNOCENT: "sk-planted-secret",
    WRAPPED: "Bearer sk-planted-secret!",
    DATABASE_URL: "postgres://app:hunter2@db/app",
    HTTPS_PROXY: "http://:pass@proxy:8080",
    PLAIN_URL: "https://example.com/a:b@c",
    SHORT: "abc",
    WITH_SHORT: "xabcx",
    EMPTY: "",
  };
  expect(names(env, ["sk-planted-secret", "abc", ""])).toEqual(["PLAIN_URL", "WITH_SHORT", "EMPTY"]);
});

test("a command sees no secret of the gateway, and gets the configured PATH", async () => {
  const { exec } = createTestExec({
    env: {
      OPENCLAW_GATEWAY_TOKEN: "canary-gateway",
      OPENAI_API_KEY: "canary-provider",
      FAVOURITE_NUMBER: "canary-configured",
      HARMLESS: "kept",
      PATH: `/harmless:${process.env["PATH"]}`,
    },
    secrets: ["canary-configured"],
    settings: { pathPrepend: ["/first", "/second"] },
  });
  const output = readOutput(await exec({ command: "env; tr '\\0' '\\n' < /proc/self/environ || true" }));
  expect(output).not.toContain("canary");
  expect(output).toContain("HARMLESS=kept\n");
  expect(output).toContain("PATH=/first:/second:/harmless:");
});

test("the user's shell startup files do not affect a command", async () => {
  const home = createTemporaryFolder();
  for (const file of [".bashrc", ".profile", ".bash_profile", "env"]) {
    writeFileSync(join(home, file), "echo from $HOME");
  }
  const { exec, process: steer } = createTestExec({
    env: { HOME: home, BASH_ENV: join(home, "env"), ENV: join(home, "env"), SSH_CLIENT: "::1", SHLVL: "" },
  });
  expect(readOutput(await exec({ command: "echo only this" }))).toBe("only this\n");
  const { details } = await exec({ command: "echo only this", background: true });
  const sessionId = details?.["sessionId"];
  await steer({ action: "poll", sessionId, waitMs: 60_000 });
  expect(readOutput(await steer({ action: "log", sessionId }))).toBe("only this\n");
});

test("git opens no editor and no pager, and asks for no password", async () => {
  const identity = {
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a@b",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a@b",
  };
  const { exec } = createTestExec({
    env: { ...identity, EDITOR: "sleep 60", VISUAL: "sleep 60", GIT_EDITOR: "sleep 60" },
  });
  await exec({ command: "git init -q . && git commit -q --allow-empty -m first" });
  const empty = readOutput(await exec({ command: "git commit --allow-empty" }));
  expect(empty).toContain("empty commit message");
  const amended = readOutput(
    await exec({ command: "git commit -q --amend --allow-empty && git log --format=%s" }),
  );
  expect(amended).toBe("first\n");
});
