/** Groups the entries of a conversation by run. Pure functions. */
import type { Turn } from "../types.ts";
import type { ItemSource } from "./conversations.ts";
import type { EntryRow } from "./entry-rows.ts";
import type { Entry, StoredEntry } from "./store.ts";
import type { StoredTurn } from "./transcript.ts";

export interface EntryPosition {
  readonly seq: number;
  readonly kind: string;
  readonly runId: string | null;
  /** Read for rewinds and deletions only. */
  readonly row: EntryRow | undefined;
}

/** The entries of one run that follow each other. */
export interface ItemGroup {
  readonly runId: string;
  /** The entries to read: the recorded items, or else the turns. */
  readonly seqs: readonly number[];
  readonly turnSeqs: readonly number[];
  /** Whether its items change settings. */
  readonly hasSettings: boolean;
  /** The deletions of the whole conversation. */
  readonly deletions: Deletions;
}

interface Deletions {
  readonly itemIds: Set<string>;
  /** The turns after the deletions, by `seq`. Undefined for a turn that is deleted. */
  readonly turns: Map<number, Turn | undefined>;
}

interface OpenGroup {
  readonly runId: string;
  turnSeqs: number[];
  itemsSeq: number | undefined;
  hasSettings: boolean;
}

/** Returns the groups from the oldest to the newest, without entries that a rewind has removed. */
export function listItemGroups(
  positions: readonly EntryPosition[],
  parse: (row: EntryRow) => Entry,
): readonly ItemGroup[] {
  const groups: OpenGroup[] = [];
  const deletions: Deletions = { itemIds: new Set(), turns: new Map() };
  const openGroup = (runId: string): OpenGroup => {
    const last = groups.at(-1);
    if (last?.runId === runId) return last;
    const group = { runId, turnSeqs: [], itemsSeq: undefined, hasSettings: false };
    groups.push(group);
    return group;
  };
  for (const { seq, kind, runId, row } of positions) {
    if (kind === "turn" && runId !== null) openGroup(runId).turnSeqs.push(seq);
    if (kind === "settings" && runId !== null) openGroup(runId).hasSettings = true;
    if (kind === "items" && runId !== null) openGroup(runId).itemsSeq = seq;
    const entry = row && parse(row);
    if (entry?.kind === "rewind") rewind(groups, entry.to);
    if (entry?.kind === "deletion") {
      deletions.itemIds.add(entry.itemId);
      if (entry.change !== undefined) deletions.turns.set(entry.change.seq, entry.change.turn);
    }
  }
  return groups.map(({ runId, turnSeqs, itemsSeq, hasSettings }) => ({
    runId,
    seqs: itemsSeq === undefined ? turnSeqs : [itemsSeq],
    turnSeqs,
    hasSettings: hasSettings && itemsSeq !== undefined,
    deletions,
  }));
}

function rewind(groups: OpenGroup[], to: number): void {
  for (let last = groups.at(-1); last !== undefined; last = groups.at(-1)) {
    last.turnSeqs = last.turnSeqs.filter((seq) => seq <= to);
    if ((last.itemsSeq ?? 0) > to) last.itemsSeq = undefined;
    if (last.turnSeqs.length > 0 || last.itemsSeq !== undefined) return;
    groups.pop();
  }
}

/** Has the turns as they were stored, so that ids that follow from their positions never change. */
export function toItemSource(
  { runId, seqs, deletions }: ItemGroup,
  entries: ReadonlyMap<number, StoredEntry>,
): ItemSource {
  const turns: StoredTurn[] = [];
  let items: ItemSource["items"];
  for (const seq of seqs) {
    const entry = entries.get(seq)?.entry;
    if (entry?.kind === "items") items = entry.items;
    if (entry?.kind === "turn") turns.push({ seq, turn: entry.turn });
  }
  return { runId, items, turns, deletedIds: deletions.itemIds };
}

/** Returns the turns after the deletions. */
export function applyDeletions(
  turns: readonly StoredTurn[],
  { deletions }: ItemGroup,
): readonly StoredTurn[] {
  return turns.flatMap((stored) => {
    if (!deletions.turns.has(stored.seq)) return [stored];
    const turn = deletions.turns.get(stored.seq);
    return turn === undefined ? [] : [{ ...stored, turn }];
  });
}
