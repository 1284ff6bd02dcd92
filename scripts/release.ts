/**
 * `npm run release -- 0.2.0`: moves the entries under "Unreleased" in CHANGELOG.md to that version, sets it in package.json,
 * commits, and tags the commit `v0.2.0`. The tag holds openapi.yaml, which `npm run spec:diff` compares with from then on.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const unreleasedHeading = "## [Unreleased]";
const [version = "", ...options] = process.argv.slice(2);
const isDryRun = options.includes("--dry-run");

const runGit = (...args: readonly string[]): string =>
  execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
const fail = (message: string): never => {
  console.error(message);
  process.exit(1);
};

if (!/^\d+\.\d+\.\d+$/.test(version)) fail("Give the version: npm run release -- 0.2.0 [--dry-run]");
if (runGit("tag", "--list", `v${version}`) !== "") fail(`The tag v${version} exists already.`);
if (!isDryRun && runGit("status", "--porcelain") !== "") fail("There are uncommitted changes.");

const changelogFile = join(root, "CHANGELOG.md");
const changelog = readFileSync(changelogFile, "utf8");
const [, entries = ""] = /## \[Unreleased\]\n([\s\S]*?)(?=\n## \[|$)/.exec(changelog) ?? [];
if (entries.trim() === "") fail('CHANGELOG.md has no entries under "Unreleased".');

const date = new Date().toISOString().slice(0, 10);
const released = changelog.replace(unreleasedHeading, `${unreleasedHeading}\n\n## [${version}] - ${date}`);
if (isDryRun) {
  console.log(`Would release ${version}:\n${entries.trimEnd()}`);
} else {
  writeFileSync(changelogFile, released);
  execFileSync("npm", ["version", version, "--no-git-tag-version", "--allow-same-version"], { cwd: root });
  execFileSync("node", ["scripts/generate.ts"], { cwd: root });
  runGit("commit", "--all", "--message", `Version ${version}`);
  runGit("tag", "--annotate", `v${version}`, "--message", `Version ${version}`);
  console.log(`Tagged v${version}. Publish with: git push --follow-tags && npm publish`);
}
