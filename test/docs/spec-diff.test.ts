/** Runs `npm run spec:diff` in repositories with two small documents. */
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";

/** Creates a document with one response of these fields. The first field is required. */
const createDocument = (...fields: readonly [string, ...string[]]): string =>
  JSON.stringify({
    openapi: "3.1.0",
    info: { title: "Things", version: "1.0.0" },
    paths: {
      "/thing": {
        get: {
          responses: {
            200: { description: "It.", content: { "application/json": { schema: createSchema(fields) } } },
          },
        },
      },
    },
  });

const createSchema = (fields: readonly string[]): object => ({
  type: "object",
  required: fields.slice(0, 1),
  properties: Object.fromEntries(fields.map((name) => [name, { type: "string" }])),
});

/** The environment without variables of a git that runs this test. */
const env = { PATH: process.env["PATH"] };

interface Version {
  readonly version: string;
  readonly openapi: string;
}

/** Runs the script in a repository that released `before`, if it is given, and now has `after`. */
function specDiff(before: Version | undefined, after: Version): { status: number | null; output: string } {
  const cwd = createTemporaryFolder();
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
  return { status, output: stdout + stderr };
}

const releasedVersion = { version: "0.1.0", openapi: createDocument("id", "name") };

test("without a release there is nothing to compare with", () => {
  expect(specDiff(undefined, releasedVersion)).toEqual({
    status: 0,
    output: "No release yet: nothing to compare with.\n",
  });
});

test("a removed field fails, and is named", () => {
  const { status, output } = specDiff(releasedVersion, { version: "0.1.1", openapi: createDocument("id") });
  expect(output).toContain("`name` was removed");
  expect(output).toContain("Callers of v0.1.0 break, and version 0.1.1 does not say so.");
  expect(status).toBe(1);
});

for (const [from, to] of [
  ["0.1.0", "0.2.0"],
  ["0.1.0", "1.0.0"],
  ["1.2.0", "2.0.0"],
] as const) {
  test(`a removed field passes when version ${to} follows ${from}`, () => {
    const gone = { version: to, openapi: createDocument("id") };
    expect(specDiff({ ...releasedVersion, version: from }, gone)).toMatchObject({ status: 0 });
  });
}

test("a removed field fails when a minor version follows 1.2.0", () => {
  const gone = { version: "1.3.0", openapi: createDocument("id") };
  expect(specDiff({ ...releasedVersion, version: "1.2.0" }, gone)).toMatchObject({ status: 1 });
});

test("a new optional field passes", () => {
  const { status, output } = specDiff(releasedVersion, {
    version: "0.1.0",
    openapi: createDocument("id", "name", "size"),
  });
  expect(output).toContain("0 major, 1 minor");
  expect(status).toBe(0);
});

test("a document that cannot be read fails, whatever the version", () => {
  expect(specDiff(releasedVersion, { version: "9.0.0", openapi: "openapi: [" })).toMatchObject({ status: 1 });
});
