/** `openclaw store copy` from a file to PostgreSQL and back, killed at random moments and run again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyUntilDone, fillStore, readStore } from "../../test/support/postgres/copied-store.ts";
import { startPostgres } from "../../test/support/postgres/server.ts";

export interface CopyReport {
  readonly kills: number;
  /** Complete copies, in either direction. */
  readonly copies: number;
  /** Rows of each copy. */
  readonly rows: number;
  readonly faults: readonly string[];
}

const maxKillsOfACopy = 10;
/** A copy is killed after one of its first lines of progress. It prints one for each table and step. */
const maxLine = 16;

export async function runCopyKills(
  kills: number,
  reportProgress: (progress: string) => void,
): Promise<CopyReport> {
  await using stack = new AsyncDisposableStack();
  const server = await startPostgres();
  stack.defer(server.remove);
  const folder = mkdtempSync(join(tmpdir(), "copy-kills-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const source = join(folder, "source");
  await fillStore(source, 1_000);
  const expected = readStore(source);
  const report = { kills: 0, copies: 0, rows: expected.length, faults: [] as string[] };
  const copy = async (from: string, to: string, schema: string): Promise<void> => {
    const result = await copyUntilDone(["--from", from, "--to", to, "--schema", schema], (attempt) =>
      attempt < maxKillsOfACopy
        ? { line: 1 + Math.floor(Math.random() * maxLine), afterMs: Math.random() * 20 }
        : undefined,
    );
    report.kills += result.kills;
    report.copies += 1;
  };
  for (let round = 0; report.kills < kills; round += 1) {
    const schema = `copy_${round}`;
    const target = join(folder, `target${round}`);
    await copy(`sqlite:${source}`, server.url, schema);
    await copy(server.url, `sqlite:${target}`, schema);
    const actual = readStore(target);
    const difference = expected.findIndex((row, index) => row !== actual[index]);
    if (difference !== -1 || actual.length !== expected.length)
      report.faults.push(
        `round ${round}: ${actual.length} rows of ${expected.length}, first difference at ${difference}`,
      );
    rmSync(target, { recursive: true });
    reportProgress(`${report.kills} of ${kills} kills`);
  }
  return report;
}
