/** Prints how far the copy of a store is, on standard error. */
import type { CopyProgress } from "../server/agent/sessions/copy/copy-store.ts";
import type { Io } from "./io.ts";

const intervalMs = 1_000;

/** Prints a table when its first page is there, and then once a second. */
export function createCopyReport(io: Pick<Io, "err">): (progress: CopyProgress) => void {
  let last = "";
  let printedAt = 0;
  return ({ table, step, rows }) => {
    const current = `${table} ${step}`;
    const now = Date.now();
    if (current === last && now - printedAt < intervalMs) return;
    last = current;
    printedAt = now;
    io.err(`${table}: ${rows} rows ${step}`);
  };
}
