/** What `npm run spec:diff` says of changes since a release, in repositories with two small documents. */
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../server/package.ts";
import { temporaryFolder } from "../support/gateway.ts";

/** A document whose one reply has these fields; the first is required. */
const document = (...fields: readonly [string, ...string[]]): string =>
  JSON.stringify({
    openapi: "3.1.0",
    info: { title: "Things", version: "1.0.0" },
    paths: {
      "/thing": {
        get: {
          responses: {
            200: { description: "It.", content: { "application/json": { schema: schemaOf(fields) } } },
          },
        },
      },
    },
  });

const schemaOf = (fields: readonly string[]): object => ({
  type: "object",
  required: fields.slice(0, 1),
  properties: Object.fromEntries(fields.map((name) => [name, { type: "string" }])),
});

/** Nothing of the git that may be running this test. */
const env = { PATH: process.env["PATH"] };

interface Version {
  readonly version: string;
  readonly openapi: string;
}

/** Runs the script where `before` was released, when there is one, and `after` is what stands now. */
function specDiff(before: Version | undefined, after: Version): { status: number | null; said: string } {
  const cwd = temporaryFolder();
  const git = (...args: readonly string[]): void =>
    void execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@example.org", ...args], {
      cwd,
      env,
      stdio: "pipe",
    });
  const write = ({ version, openapi }: Version): void => {
    writeFileSync(join(cwd, "package.json"), JSON.stringify({ version }));
    writeFileSync(join(cwd, "openapi.yaml"), openapi);
  };
  git("init");
  if (before !== undefined) {
    write(before);
    git("add", ".");
    git("commit", "--no-gpg-sign", "--message", "release");
    git("tag", `v${before.version}`);
  }
  write(after);
  const script = join(packageRoot, "scripts/spec-diff.ts");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { cwd, env, encoding: "utf8" });
  return { status, said: stdout + stderr };
}

const released = { version: "0.1.0", openapi: document("id", "name") };

test("without a release there is nothing to compare with", () => {
  expect(specDiff(undefined, released)).toEqual({
    status: 0,
    said: "No release yet: nothing to compare with.\n",
  });
});

test("a field that is gone fails, and is named", () => {
  const { status, said } = specDiff(released, { version: "0.1.1", openapi: document("id") });
  expect(said).toContain("`name` was removed");
  expect(said).toContain("Callers of v0.1.0 break, and version 0.1.1 does not say so.");
  expect(status).toBe(1);
});

for (const [from, to] of [
  ["0.1.0", "0.2.0"],
  ["0.1.0", "1.0.0"],
  ["1.2.0", "2.0.0"],
] as const) {
  test(`a field that is gone passes when version ${to} follows ${from}`, () => {
    const gone = { version: to, openapi: document("id") };
    expect(specDiff({ ...released, version: from }, gone)).toMatchObject({ status: 0 });
  });
}

test("a field that is gone fails when a minor version follows 1.2.0", () => {
  const gone = { version: "1.3.0", openapi: document("id") };
  expect(specDiff({ ...released, version: "1.2.0" }, gone)).toMatchObject({ status: 1 });
});

test("an optional field that is new passes", () => {
  const { status, said } = specDiff(released, { version: "0.1.0", openapi: document("id", "name", "size") });
  expect(said).toContain("0 major, 1 minor");
  expect(status).toBe(0);
});

test("a document that cannot be read fails, whatever the version", () => {
  expect(specDiff(released, { version: "9.0.0", openapi: "openapi: [" })).toMatchObject({ status: 1 });
});
