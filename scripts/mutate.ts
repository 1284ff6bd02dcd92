/**
 * `npm run mutate`: breaks one line of a contract or a handler at a time, in a copy of the repository, writes the generated
 * files anew, and runs the tests that should notice. Prints the mutations that no test noticed, and exits with 1 for each
 * that has no reason. `--quick`: only the five quickest. Other arguments select mutations by a part of their name.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mutations, type Mutation } from "./mutations.ts";

const root = join(import.meta.dirname, "..");
/** What is in the repository at its top. */
const tracked = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).trimEnd().split("\n");
const copied = new Set(tracked.map((path) => path.split("/")[0] ?? ""));

const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith("--"));
const selected = mutations.filter(({ name, isQuick = false }) =>
  args.includes("--quick") ? isQuick : names.length === 0 || names.some((part) => name.includes(part)),
);

const folder = await mkdtemp(join(tmpdir(), "mutate-"));
try {
  for (const path of copied) await cp(join(root, path), join(folder, path), { recursive: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const tests = [...new Set(selected.flatMap((mutation) => mutation.tests))];
  // Otherwise a test that fails anyway would notice every mutation.
  const before = runTests(tests);
  if (!before.hasPassed)
    throw new Error(`The tests fail without a mutation too:\n${before.output.slice(-4000)}`);
  const survivors: Mutation[] = [];
  for (const mutation of selected) {
    const startedAt = performance.now();
    const isKilled = await tryMutation(mutation);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    console.log(`${isKilled ? "killed  " : "SURVIVED"} ${mutation.name} (${seconds} s)`);
    if (!isKilled) survivors.push(mutation);
  }
  console.log(`${selected.length - survivors.length} of ${selected.length} mutations were noticed.`);
  for (const { name, survives } of survivors) console.log(`- ${name}: ${survives ?? "no reason is known"}`);
  if (survivors.some(({ survives }) => survives === undefined)) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Resolves to true when a test fails with the mutation. */
async function tryMutation({ name, file, from, to, tests }: Mutation): Promise<boolean> {
  const path = join(folder, file);
  const source = await readFile(path, "utf8");
  if (source.split(from).length !== 2)
    throw new Error(`${name}: ${file} has ${JSON.stringify(from)} ${source.split(from).length - 1} times`);
  await writeFile(
    path,
    source.replace(from, () => to),
  );
  try {
    // Otherwise every mutation of a contract would be noticed as a stale file.
    if (file.startsWith("contracts/") && !run(["scripts/generate.ts"]).hasPassed) return true;
    return !runTests(tests).hasPassed;
  } finally {
    await writeFile(path, source);
  }
}

interface Result {
  readonly hasPassed: boolean;
  readonly output: string;
}

function runTests(tests: readonly string[]): Result {
  return run(["node_modules/vitest/vitest.mjs", "run", "--reporter=dot", ...tests]);
}

function run(command: readonly string[]): Result {
  const env = { ...process.env, CI: "true" };
  const options = { cwd: folder, env, encoding: "utf8", maxBuffer: 100_000_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, command, options);
  return { hasPassed: status === 0, output: stdout + stderr };
}
