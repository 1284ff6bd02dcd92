/**
 * What a run did, from its two sources: the stored messages and the events since the page was opened. Both may lack a part:
 * messages are stored at the end of a step, and events before a connection are missed. Each part is shown once, whichever source
 * brings it first, so nothing needs to be in time.
 */
import type { Entry, RunEntry } from "./history.ts";
import type { Run, RunItem, ToolItem } from "./run.ts";

/**
 * Both sources are in order. They have the ids of tool calls in common, and between these they tell the same text, of which either
 * may lack a part: events before a connection are missed, and the history shortens long texts.
 */
export function mergeItems(stored: readonly RunItem[], live: readonly RunItem[]): readonly RunItem[] {
  const liveIndex = new Map(
    live.flatMap((item, index) => (item.kind === "tool" ? [[item.id, index] as const] : [])),
  );
  const merged: RunItem[] = [];
  let nextStored = 0;
  let nextLive = 0;
  for (const [index, item] of stored.entries()) {
    const shared = item.kind === "tool" ? liveIndex.get(item.id) : undefined;
    if (item.kind !== "tool" || shared === undefined) continue;
    merged.push(...mergeTexts(stored.slice(nextStored, index), live.slice(nextLive, shared)));
    merged.push(mergeTool(item, live[shared]));
    nextStored = index + 1;
    nextLive = shared + 1;
  }
  const rest = stored.slice(nextStored);
  // Without a common call the events begin in a later step than the stored calls, or the run has called no tools yet.
  const split = rest.findLastIndex(({ kind }) => kind === "tool") + 1;
  return [...merged, ...rest.slice(0, split), ...pickLonger(rest.slice(split), live.slice(nextLive))];
}

/** What comes before a common call. The events have none of the calls before their first one. */
const mergeTexts = (stored: readonly RunItem[], live: readonly RunItem[]): readonly RunItem[] =>
  stored.some(({ kind }) => kind === "tool") ? stored : pickLonger(stored, live);

/** The stored call has the arguments and the whole output, the events the time and the outcome. */
function mergeTool(stored: ToolItem, live: RunItem | undefined): ToolItem {
  if (live?.kind !== "tool") return stored;
  return {
    ...live,
    name: stored.name,
    args: stored.args,
    output: stored.output === "" ? live.output : stored.output,
  };
}

/** Both begin at the same place, so the one with more text has come further. */
const pickLonger = (stored: readonly RunItem[], live: readonly RunItem[]): readonly RunItem[] =>
  countCharacters(live) > countCharacters(stored) ? live : stored;

function countCharacters(items: readonly RunItem[]): number {
  let count = 0;
  for (const item of items) count += item.kind === "tool" ? item.args.length + 1 : item.text.length;
  return count;
}

/** What the events of a run have brought, also over an earlier connection. */
export const liveItemsOf = ({ items, earlierItems = [] }: Run): readonly RunItem[] =>
  earlierItems.length === 0 ? items : mergeItems(earlierItems, items);

/** Adds what events tell to the stored entries. A run that is not stored stands where its time puts it. */
export function addRuns(stored: readonly Entry[], runs: readonly Run[]): readonly Entry[] {
  if (runs.length === 0) return stored;
  const lastIndex = new Map(stored.map(({ runId }, index) => [runId, index]));
  const byId = new Map(runs.map((run) => [run.id, run]));
  const missing = runs.filter(({ id, isStored = false }) => !isStored && !lastIndex.has(id));
  let from = -Infinity;
  const addMissing = (to: number): void => {
    const between = missing.filter(({ startedAt }) => startedAt >= from && startedAt < to);
    entries.push(...between.flatMap(toEntries));
    from = to;
  };
  const entries: Entry[] = [];
  for (const [index, entry] of stored.entries()) {
    const { kind, runId, at } = entry;
    if (kind === "user") addMissing(at);
    const run = lastIndex.get(runId) === index ? byId.get(runId) : undefined;
    if (run === undefined) entries.push(entry);
    else if (kind === "run") entries.push(toRunEntry(run, entry));
    else entries.push(entry, toRunEntry(run));
  }
  addMissing(Infinity);
  return entries;
}

function toEntries(run: Run): readonly Entry[] {
  const { id, startedAt, prompt } = run;
  if (prompt === undefined) return [toRunEntry(run)];
  return [{ kind: "user", key: `prompt ${id}`, runId: id, at: startedAt, text: prompt }, toRunEntry(run)];
}

interface Merged {
  readonly stored: RunEntry | undefined;
  readonly entry: RunEntry;
}

/** A run that has not changed keeps its entry, so that it is not rendered again while another one writes. */
const merged = new WeakMap<Run, Merged>();

function toRunEntry(run: Run, stored?: RunEntry): RunEntry {
  const known = merged.get(run);
  if (known !== undefined && known.stored === stored) return known.entry;
  const { id, startedAt } = run;
  const live = liveItemsOf(run);
  const items = mergeItems(stored?.items ?? [], live);
  const entry: RunEntry = {
    at: startedAt,
    ...stored,
    kind: "run",
    key: `run ${id}`,
    runId: id,
    items,
    run,
    truncated: countCharacters(live) > countCharacters(stored?.items ?? []) ? [] : (stored?.truncated ?? []),
  };
  merged.set(run, { stored, entry });
  return entry;
}

/** Frees the text that is stored. Nothing but the events tells how calls of tools and the run ended. */
export function forgetStored(run: Run, stored: readonly Entry[]): Run {
  const entry = stored.findLast((each) => each.kind === "run" && each.runId === run.id);
  const live = liveItemsOf(run);
  if (entry?.kind !== "run") return run;
  // The gateway shortens long texts, so what came over this connection may have more.
  if (countCharacters(live) > countCharacters(entry.items)) return { ...run, isStored: true };
  const items = live.flatMap((item) => (item.kind === "tool" ? [{ ...item, args: "", output: "" }] : []));
  return { ...run, isStored: true, items, earlierItems: undefined };
}
