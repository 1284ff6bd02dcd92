/** One session that is open in the chat: its stored messages, sending and stopping. */
import { batch, computed, signal } from "@preact/signals";
import { isGatewayError } from "openclaw-gateway-client/errors";
import { can, describe, onReconnect, requireSocket } from "./connection.ts";
import { toEntries, type SessionMessage } from "./history.ts";
import { createRun } from "./run.ts";
import { addRun, onRunEnd, runs, updateRun } from "./store.ts";

export interface Attachment {
  readonly fileName: string;
  readonly mimeType: string;
  /** Base64. */
  readonly content: string;
}

export interface SendOptions {
  readonly attachments?: readonly Attachment[];
  readonly model?: string | undefined;
  readonly thinking?: string | undefined;
}

type ThinkingLevel = "off" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

const pageSize = 100;

const sessionKey = signal<string | undefined>(undefined);
const messages = signal<readonly SessionMessage[]>([]);
const olderCursor = signal<number | null>(null);
export const hasOlder = computed(() => olderCursor.value !== null);
export const historyError = signal<string | undefined>(undefined);
export const entries = computed(() => toEntries(messages.value));
const storedRunIds = computed(() => new Set(messages.value.map(({ runId }) => runId)));

const sessionRuns = computed(() =>
  [...runs.value.values()].filter((run) => run.sessionKey === sessionKey.value),
);
/** Runs that the stored messages do not show, or not to their end. */
export const liveRuns = computed(() =>
  sessionRuns.value.filter(({ id, phase }) => phase !== "ended" || !storedRunIds.value.has(id)),
);
export const activeRun = computed(() => sessionRuns.value.find(({ phase }) => phase !== "ended"));
/** The message of a run is shown once: by the history, as soon as it has it. */
export const isStored = (runId: string): boolean => storedRunIds.value.has(runId);

export function openSession(key: string | undefined): void {
  if (sessionKey.peek() === key) return;
  batch(() => {
    sessionKey.value = key;
    messages.value = [];
    olderCursor.value = null;
    historyError.value = undefined;
  });
  void loadHistory();
}

/** Reads the newest messages. Older ones that were read already stay. */
async function loadHistory(): Promise<void> {
  const key = sessionKey.peek();
  if (key === undefined || !can("operator.read")) return;
  try {
    const page = await requireSocket().call("chat.history", {
      sessionKey: key,
      limit: pageSize,
      maxChars: 500_000,
    });
    if (sessionKey.peek() !== key) return;
    batch(() => {
      const first = page.messages[0]?.seq ?? Infinity;
      const isSameConversation = messages
        .peek()
        .some(({ seq, runId }) =>
          page.messages.some((message) => message.seq === seq && message.runId === runId),
        );
      const older = isSameConversation ? messages.peek().filter(({ seq }) => seq < first) : [];
      if (older.length === 0) olderCursor.value = page.nextCursor;
      messages.value = [...older, ...page.messages];
      historyError.value = undefined;
      const stored = new Set(page.messages.map(({ runId }) => runId));
      for (const run of runs.peek().values()) {
        // What is stored is shown from there; the end of the run stays, because nothing else tells its tokens and error.
        if (run.phase === "ended" && stored.has(run.id))
          updateRun(run.id, (each) => ({ ...each, items: [], prompt: undefined }));
        else if (run.isStale === true && stored.has(run.id))
          updateRun(run.id, (each) => ({ ...each, items: [], isStale: false }));
      }
    });
  } catch (error) {
    historyError.value = describe(error);
  }
}

export async function loadOlder(): Promise<void> {
  const [key, cursor] = [sessionKey.peek(), olderCursor.peek()];
  if (key === undefined || cursor === null) return;
  const page = await requireSocket().call("chat.history", {
    sessionKey: key,
    limit: pageSize,
    maxChars: 500_000,
    cursor,
  });
  if (sessionKey.peek() !== key || olderCursor.peek() !== cursor) return;
  batch(() => {
    olderCursor.value = page.nextCursor;
    messages.value = [...page.messages, ...messages.peek()];
  });
}

export function send(
  key: string,
  message: string,
  { attachments = [], model, thinking }: SendOptions = {},
): void {
  const started = requireSocket().run({
    sessionKey: key,
    message,
    ...(attachments.length > 0 && { attachments: [...attachments] }),
    ...(model !== undefined && { model }),
    ...(thinking !== undefined && { thinking: thinking as ThinkingLevel }),
  });
  const names = attachments.map(({ fileName }) => `[${fileName}]`);
  addRun({
    ...createRun(started.runId, key, Date.now()),
    prompt: [message, ...names].filter(Boolean).join("\n"),
  });
  started.result.catch((error: unknown) => {
    // An abort is not a failure; its event says so.
    if (isGatewayError(error) && error.code === "run_aborted") return;
    updateRun(started.runId, (run) => ({
      ...run,
      phase: "ended",
      endedAt: Date.now(),
      error: run.error ?? describe(error),
    }));
    void loadHistory();
  });
}

export async function stop(key: string, runId: string): Promise<void> {
  await requireSocket().call("chat.abort", { sessionKey: key, runId });
}

onRunEnd((run) => {
  if (run.sessionKey === sessionKey.peek()) void loadHistory();
});
onReconnect(() => void loadHistory());
