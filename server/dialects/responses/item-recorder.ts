/** Records the items of a response for its conversation: those of its input, then those of its output. */
import type { ListedItem } from "../../../contracts/http/responses/items.ts";
import type { OutputItem } from "../../../contracts/http/responses/response.ts";
import type { ItemRecord } from "../../agent/sessions/conversations.ts";
import type { RunSink } from "../../agent/types.ts";
import type { Clock } from "../../lib/ports.ts";
import { createItemEntries } from "./conversation-items.ts";
import { createResponseAccumulator, type ResponseMetadata } from "./response-accumulator.ts";

interface ItemRecorder extends ItemRecord {
  /** Returns a sink that passes every event on, and sees it first. */
  watch(sink: RunSink): RunSink;
}

/**
 * Has an accumulator of its own: that of the response can be behind, and the items are stored with the end of the run. The
 * same events make the same items.
 */
export function createItemRecorder(
  input: readonly ListedItem[],
  metadata: ResponseMetadata,
  clock: Clock,
): ItemRecorder {
  const accumulator = createResponseAccumulator(metadata, { clock });
  return {
    watch: (sink) => ({
      ready: () => sink.ready?.(),
      emit(event) {
        if (event.type !== "end") accumulator.push(event);
        sink.emit(event);
      },
    }),
    createEntries(reason) {
      accumulator.push({ type: "end", reason, usage: undefined });
      const response = accumulator.getResponse();
      return createItemEntries(response.id, [...input, ...response.output.map(toListedItem)]);
    },
  };
}

/** Reasoning has no status in a response. */
const toListedItem = (item: OutputItem): ListedItem =>
  item.type === "reasoning" ? { ...item, status: item.status ?? "completed" } : item;
