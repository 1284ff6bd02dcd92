/** The file of the log: its lines, its size and age, and a file that cannot be written. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { createLineWriter } from "../../server/lib/line-writer.ts";
import { createLog } from "../../server/lib/log.ts";
import { openLogFile } from "../../server/lib/log-file.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";

const readLines = (file: string): readonly string[] => readFileSync(file, "utf8").split("\n").slice(0, -1);

const listRenamed = (folder: string): readonly string[] =>
  readdirSync(folder).filter((name) => name.startsWith("gateway.log."));

const options = { maxBytes: 1_000, maxFiles: 3, retentionMs: 86_400_000 };

test("lines go to the file, which only its user can read, in the order in which they were written", async () => {
  const file = join(createTemporaryFolder(), "logs", "gateway.log");
  const log = createLog({ level: "info", format: "json", file });
  for (let count = 0; count < 100; count += 1) log.info("run", { count });
  log.debug("run");
  await log.flush(5_000);
  const counts = readLines(file).map((line) => (JSON.parse(line) as { readonly count: number }).count);
  expect(counts).toEqual(Array.from({ length: 100 }, (_, index) => index));
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("a file that is full is renamed, so is one of the day before, and the oldest are deleted", async () => {
  const folder = createTemporaryFolder();
  const path = join(folder, "gateway.log");
  let now = Date.UTC(2026, 0, 1, 12);
  const writer = createLineWriter(openLogFile({ path, ...options }, () => (now += 1)));
  const write = async (line: string): Promise<void> => {
    writer.write(`${line}\n`);
    await writer.flush(5_000);
  };
  for (let count = 0; count < 10; count += 1) await write(`${count} ${"x".repeat(400)}`);
  expect(listRenamed(folder)).toHaveLength(3);
  expect(readLines(path)).toEqual([expect.stringMatching(/^8 /), expect.stringMatching(/^9 /)]);
  now += 86_400_000;
  await write("next day");
  expect(readLines(path)).toEqual(["next day"]);
  const renamed = listRenamed(folder);
  expect(renamed).toHaveLength(3);
  expect(renamed.at(-1)).toMatch(/^gateway\.log\.20260102T\d{9}Z$/);
});

test("renamed files that are too old are deleted at the start, and no other file is", () => {
  const folder = createTemporaryFolder();
  const [old, recent, other] = [
    "gateway.log.20250101T000000000Z",
    "gateway.log.20260101T000000000Z",
    "gateway.log.gz",
  ];
  for (const name of [old, recent, other]) writeFileSync(join(folder, name), "x");
  for (const name of [old, other]) utimesSync(join(folder, name), new Date(0), new Date(0));
  openLogFile({ path: join(folder, "gateway.log"), ...options });
  expect(readdirSync(folder).toSorted()).toEqual(["gateway.log", recent, other]);
});

test("a file that another program has moved is opened again", async () => {
  const file = join(createTemporaryFolder(), "gateway.log");
  const log = createLog({ level: "info", format: "json", file });
  log.info("run", { count: 1 });
  await log.flush(5_000);
  renameSync(file, `${file}.moved`);
  log.reopen();
  log.info("run", { count: 2 });
  await log.flush(5_000);
  expect([readLines(`${file}.moved`).length, readLines(file).length]).toEqual([1, 1]);
});

test("other options take effect at once, and nothing changes when the next file cannot be opened", async () => {
  const folder = createTemporaryFolder();
  const [first, second] = [join(folder, "first.log"), join(folder, "second.log")];
  const log = createLog({ level: "info", format: "json", file: first });
  log.info("run");
  log.configure({ level: "info", format: "text", file: second });
  log.info("run", { agent: "main" });
  await log.flush(5_000);
  await expect.poll(() => existsSync(first) && readLines(first)).toHaveLength(1);
  expect(readLines(second)).toEqual([expect.stringMatching(/Z INFO {2}run agent="main"$/)]);
  writeFileSync(join(folder, "no-folder"), "");
  const broken = { level: "info", format: "json", file: join(folder, "no-folder", "gateway.log") } as const;
  expect(() => log.configure(broken)).toThrow(/logging\.file/);
  log.info("run");
  await log.flush(5_000);
  expect(readLines(second)).toHaveLength(2);
});

test("lines of a file that has become unwritable are counted, and those after it are written", async () => {
  const folder = createTemporaryFolder();
  const path = join(folder, "logs");
  mkdirSync(path);
  const file = join(path, "gateway.log");
  const log = createLog({ level: "info", format: "json", file });
  // A folder in place of the file: it cannot be opened for writing, not even by root.
  log.reopen();
  renameSync(path, `${path}.moved`);
  mkdirSync(join(file), { recursive: true });
  log.info("run", { count: 1 });
  log.info("run", { count: 2 });
  await log.flush(5_000);
  renameSync(file, `${file}.folder`);
  chmodSync(path, 0o700);
  log.info("run", { count: 3 });
  await log.flush(5_000);
  expect(readLines(file).map((line) => (JSON.parse(line) as { readonly count: number }).count)).toEqual([
    3, 2,
  ]);
  expect(readLines(file)[1]).toContain("lines of the log were dropped");
});

test("the pretty format has the time of day, the fields and stacks on lines of their own", () => {
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "pretty" }, { writeLine: (line) => lines.push(line) });
  log.error("a tool failed", { tool: "exec", totalMs: 12, cause: "Error: no\n    at here" });
  expect(lines.map(stripVTControlCharacters)).toEqual([
    expect.stringMatching(
      /^\d\d:\d\d:\d\d ERROR a tool failed tool=exec totalMs=12\n {4}Error: no\n {8}at here\n$/,
    ),
  ]);
});
