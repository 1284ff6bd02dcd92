/**
 * `npm run spec:diff`: compares openapi.yaml with that of the last release, the newest tag `v*`. Fails on a change that breaks
 * callers unless the version in package.json allows it: a higher major version, or a higher minor version while the major is 0.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const runGit = (...args: readonly string[]): string => execFileSync("git", args, { encoding: "utf8" });

const tag = runGit("tag", "--list", "v*", "--sort=-version:refname").split("\n")[0] ?? "";
if (tag === "") console.log("No release yet: nothing to compare with.");
else compareWithRelease(tag);

function compareWithRelease(release: string): void {
  const folder = mkdtempSync(join(tmpdir(), "spec-diff-"));
  const base = join(folder, "openapi.yaml");
  try {
    writeFileSync(base, runGit("show", `${release}:openapi.yaml`));
    const redocly = join(root, "node_modules/@redocly/cli/bin/cli.js");
    const options = ["--config", join(root, "redocly.yaml"), "--fail-on", "none"];
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [redocly, "diff", base, "openapi.yaml", ...options],
      { encoding: "utf8", env: { ...process.env, REDOCLY_TELEMETRY: "off" } },
    );
    const breakingCount = /(\d+) major/.exec(stdout)?.[1];
    if (breakingCount === undefined)
      throw new Error(`the documents could not be compared:\n${stdout}${stderr}`);
    console.log(stdout.replaceAll(base, release).trim());
    if (breakingCount === "0") return;
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly version: string };
    if (isBreakingAllowed(version, release.slice(1))) {
      console.log(`Callers of ${release} break, and version ${version} says so.`);
    } else {
      console.error(`Callers of ${release} break, and version ${version} does not say so.`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Semantic versioning allows every minor version of 0.x to break callers. */
function isBreakingAllowed(version: string, released: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [releasedMajor = 0, releasedMinor = 0] = released.split(".").map(Number);
  return major > releasedMajor || (major === 0 && minor > releasedMinor);
}
