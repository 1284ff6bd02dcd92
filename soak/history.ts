/**
 * Checks that the operations on a session are linearizable. A session is a list that only grows: an operation appends one value,
 * which no other operation appends, or reads the whole list.
 *
 * With unique values the question has an exact answer without a search. Every read shows a prefix of one list, and that list has the
 * appends in their order. So each operation has a rank: append number i comes after the reads of i values and before those of i + 1.
 * An order that respects both the ranks and the times exists exactly when no operation ended before another of a lower rank began.
 */

export interface Operation {
  /** When it was sent, and when its result arrived. */
  readonly invokedAt: number;
  readonly returnedAt: number;
  /** An operation that failed has had no effect. One of unknown outcome may have one, also later. */
  readonly outcome: "ok" | "failed" | "unknown";
  readonly action: { readonly append: string } | { readonly read: readonly string[] };
}

/** Returns what contradicts every order of the operations; nothing when the history is linearizable. */
export function findViolations(operations: readonly Operation[]): readonly string[] {
  const reads = operations.flatMap(({ action, outcome }) =>
    "read" in action && outcome === "ok" ? [action.read] : [],
  );
  const list = reads.reduce((longest, read) => (read.length > longest.length ? read : longest), []);
  const positions = new Map(list.map((value, position) => [value, position]));
  const faults = [
    ...findForks(reads, list),
    ...list
      .filter((value, position) => positions.get(value) !== position)
      .map((value) => `doubled: ${value}`),
    ...findStrangers(operations, list),
  ];
  return faults.length > 0 ? faults : findInversions(operations, positions);
}

/** Reads that are no prefix of the longest one. */
function findForks(reads: readonly (readonly string[])[], list: readonly string[]): readonly string[] {
  return reads.flatMap((read) => {
    const position = read.findIndex((value, index) => value !== list[index]);
    return position === -1 ? [] : [`reads differ at ${position}: ${read[position]} and ${list[position]}`];
  });
}

/** Values that no operation has appended, or one that failed. */
function findStrangers(operations: readonly Operation[], list: readonly string[]): readonly string[] {
  const outcomes = new Map(
    operations.flatMap(({ action, outcome }) => ("append" in action ? [[action.append, outcome]] : [])),
  );
  return list.flatMap((value) => {
    const outcome = outcomes.get(value);
    if (outcome === undefined) return [`never appended: ${value}`];
    return outcome === "failed" ? [`appended by an operation that failed: ${value}`] : [];
  });
}

interface Ranked {
  readonly rank: number;
  readonly name: string;
  readonly invokedAt: number;
  readonly returnedAt: number;
}

/** Pairs of operations whose times contradict their ranks: one for each operation that comes too late. */
function findInversions(
  operations: readonly Operation[],
  positions: ReadonlyMap<string, number>,
): readonly string[] {
  const ranked = operations.flatMap((operation) => rank(operation, positions));
  const byEnd = ranked.toSorted((a, b) => a.returnedAt - b.returnedAt);
  const faults: string[] = [];
  let ended = 0;
  let highest: Ranked | undefined;
  for (const operation of ranked.toSorted((a, b) => a.invokedAt - b.invokedAt)) {
    for (
      let next = byEnd[ended];
      next !== undefined && next.returnedAt < operation.invokedAt;
      next = byEnd[ended]
    ) {
      if (highest === undefined || next.rank > highest.rank) highest = next;
      ended += 1;
    }
    if (highest !== undefined && highest.rank > operation.rank)
      faults.push(`${operation.name} began after ${highest.name} had ended`);
  }
  return faults;
}

function rank(
  { action, outcome, invokedAt, returnedAt }: Operation,
  positions: ReadonlyMap<string, number>,
): readonly Ranked[] {
  if ("read" in action) {
    const name = `a read of ${action.read.length} values`;
    return outcome === "ok" ? [{ rank: 2 * action.read.length, name, invokedAt, returnedAt }] : [];
  }
  const position = positions.get(action.append);
  // What no read shows happened after all of them, or never.
  if (position === undefined && outcome !== "ok") return [];
  const name = `the append of ${action.append}`;
  const end = outcome === "ok" ? returnedAt : Infinity;
  return [{ rank: position === undefined ? Infinity : 2 * position + 1, name, invokedAt, returnedAt: end }];
}
