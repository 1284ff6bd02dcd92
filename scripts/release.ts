/**
 * `npm run release -- 0.2.0`: moves the entries under "Unreleased" in CHANGELOG.md to that version, sets it in package.json,
 * commits, and tags the commit `v0.2.0`. The tag holds openapi.yaml, which `npm run spec:diff` compares with from then on.
 * The workflow that publishes a tag prints its entries with `--notes 0.2.0`.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const unreleasedHeading = "## [Unreleased]";
const args = process.argv.slice(2);
const version = args.find((arg) => !arg.startsWith("--")) ?? "";
const isDryRun = args.includes("--dry-run");

const runGit = (...args: readonly string[]): string =>
  execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
const fail = (message: string): never => {
  console.error(message);
  process.exit(1);
};

if (!/^\d+\.\d+\.\d+$/.test(version))
  fail("Give the version: npm run release -- 0.2.0 [--dry-run | --notes]");

const changelogFile = join(root, "CHANGELOG.md");
const changelog = readFileSync(changelogFile, "utf8");
/** Returns the entries under a heading; empty without the heading. */
const readEntries = (heading: string): string => {
  const [, rest = ""] = changelog.split(`\n## [${heading}]`);
  const [, entries = ""] = /^[^\n]*\n([\s\S]*?)(?=\n## \[|$)/.exec(rest) ?? [];
  return entries.trim();
};
if (args.includes("--notes")) {
  const notes = readEntries(version);
  console.log(notes === "" ? fail(`CHANGELOG.md has no entries for ${version}.`) : notes);
  process.exit();
}

if (runGit("tag", "--list", `v${version}`) !== "") fail(`The tag v${version} exists already.`);
if (!isDryRun && runGit("status", "--porcelain") !== "") fail("There are uncommitted changes.");

const entries = readEntries("Unreleased");
if (entries === "") fail('CHANGELOG.md has no entries under "Unreleased".');

const date = new Date().toISOString().slice(0, 10);
const released = changelog.replace(unreleasedHeading, `${unreleasedHeading}\n\n## [${version}] - ${date}`);
if (isDryRun) {
  console.log(`Would release ${version}:\n${entries}`);
} else {
  writeFileSync(changelogFile, released);
  execFileSync("npm", ["version", version, "--no-git-tag-version", "--allow-same-version"], { cwd: root });
  execFileSync("node", ["scripts/generate.ts"], { cwd: root });
  runGit("commit", "--all", "--message", `Version ${version}`);
  runGit("tag", "--annotate", `v${version}`, "--message", `Version ${version}`);
  console.log(
    `Tagged v${version}. Publish with: git push --follow-tags. The workflow "Release" publishes the tag.`,
  );
}
