/** One session that is open in the chat: its stored messages, sending and stopping. */
import { batch, computed, effect, signal } from "@preact/signals";
import { isGatewayError } from "openclaw-gateway-client/errors";
import type { SocketMethods } from "openclaw-gateway-client/socket";
import { can, createHttpClient, describe, onReconnect, requireSocket, socket } from "./connection.ts";
import { toEntries, type HistoryRun, type SessionMessage, type TextEntry } from "./history.ts";
import { addRuns, forgetStored } from "./merge-run.ts";
import { createRun } from "./run.ts";
import { addRun, listRuns, onRunStored, onSessionChange, runs, updateRun } from "./store.ts";

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

type HistoryPage = SocketMethods["chat.history"]["result"];
type ThinkingLevel = "off" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

const pageSize = 100;

const sessionKey = signal<string | undefined>(undefined);
const messages = signal<readonly SessionMessage[]>([]);
const olderCursor = signal<number | null>(null);
export const hasOlder = computed(() => olderCursor.value !== null);
export const historyError = signal<string | undefined>(undefined);
/** Whether the first page of the session is being loaded. */
export const isLoading = signal(false);
const usages = signal<ReadonlyMap<string, HistoryRun>>(new Map());
const stored = computed(() => toEntries(messages.value, usages.value));
const sessionRuns = computed(() =>
  [...runs.value.values()].filter((run) => run.sessionKey === sessionKey.value),
);
/** The conversation, oldest first: what is stored, and what events tell of its runs. */
export const entries = computed(() => addRuns(stored.value, sessionRuns.value));
export const activeRun = computed(() => sessionRuns.value.find(({ phase }) => phase !== "ended"));

/** Whether a run of the session waits for another. */
export const hasQueue = computed(() => sessionRuns.value.some(({ phase }) => phase === "waiting"));

/** The cursor of the older page that is being loaded. */
let olderLoad: number | undefined;

export function openSession(key: string | undefined): void {
  if (sessionKey.peek() === key) return;
  batch(() => {
    sessionKey.value = key;
    olderLoad = undefined;
    messages.value = [];
    usages.value = new Map();
    olderCursor.value = null;
    historyError.value = undefined;
    isLoading.value = key !== undefined && can("operator.read");
  });
  void loadHistory();
}

let loads = 0;
let newestLoad = 0;

/** Reads the newest messages. Older ones that were read already stay. */
async function loadHistory(): Promise<void> {
  const key = sessionKey.peek();
  if (key === undefined || !can("operator.read")) return;
  const load = (loads += 1);
  const ended = new Set(listRuns().flatMap(({ id, phase }) => (phase === "ended" ? [id] : [])));
  try {
    const page = await requireSocket().call("chat.history", {
      sessionKey: key,
      limit: pageSize,
      maxChars: 500_000,
    });
    // The gateway may answer two calls in another order.
    if (sessionKey.peek() !== key || load < newestLoad) return;
    newestLoad = load;
    batch(() => {
      showPage(page);
      for (const run of listRuns()) {
        if (run.sessionKey !== key) continue;
        if (run.earlierItems !== undefined)
          updateRun(run.id, (each) => ({ ...each, earlierItems: undefined }));
        if (ended.has(run.id)) updateRun(run.id, (each) => forgetStored(each, stored.value));
      }
    });
  } catch (error) {
    showHistoryError(key, error);
  }
  if (sessionKey.peek() === key) isLoading.value = false;
}

function addUsages(added: readonly HistoryRun[]): void {
  usages.value = new Map([...usages.peek(), ...added.map((run) => [run.runId, run] as const)]);
}

function showPage({ messages: newest, nextCursor, runs: runUsages }: HistoryPage): void {
  const first = newest[0]?.seq ?? Infinity;
  const isSameConversation = messages
    .peek()
    .some(({ seq, runId }) => newest.some((message) => message.seq === seq && message.runId === runId));
  const older = isSameConversation ? messages.peek().filter(({ seq }) => seq < first) : [];
  if (older.length === 0) olderCursor.value = nextCursor;
  const complete = new Map(
    messages
      .peek()
      .flatMap((message) => (message.truncated === true ? [] : [[message.seq, message] as const])),
  );
  const known = ({ seq, runId }: SessionMessage): SessionMessage | undefined =>
    isSameConversation && complete.get(seq)?.runId === runId ? complete.get(seq) : undefined;
  messages.value = [
    ...older,
    ...newest.map((message) => (message.truncated === true ? (known(message) ?? message) : message)),
  ];
  addUsages(runUsages);
  historyError.value = undefined;
}

/** Reads the page before the first message, once at a time. */
export async function loadOlder(): Promise<void> {
  const [key, cursor] = [sessionKey.peek(), olderCursor.peek()];
  if (key === undefined || cursor === null || olderLoad === cursor) return;
  olderLoad = cursor;
  try {
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
      historyError.value = undefined;
      addUsages(page.runs);
    });
  } catch (error) {
    showHistoryError(key, error);
  } finally {
    if (olderLoad === cursor) olderLoad = undefined;
  }
}

/** Shows why the history of a session cannot be loaded, while the session is open. After a lost connection it is loaded again. */
function showHistoryError(key: string, error: unknown): void {
  const isLost = isGatewayError(error) && error.code === "connection_lost";
  if (!isLost && sessionKey.peek() === key) historyError.value = describe(error);
}

/** Replaces shortened messages by complete ones, which the socket would limit to the size of a result. */
export async function loadComplete(truncated: readonly number[]): Promise<void> {
  const key = sessionKey.peek();
  if (key === undefined) return;
  const { sessions } = createHttpClient();
  for (const seq of truncated) {
    const page = await sessions.history(key, { limit: 1, cursor: String(seq + 1) });
    const [message] = page.messages;
    if (sessionKey.peek() !== key || message?.seq !== seq) return;
    messages.value = messages
      .peek()
      .map((each) => (each.seq === seq && each.runId === message.runId ? message : each));
  }
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
    ...createRun(started.runId, key, Math.max(Date.now(), messages.peek().at(-1)?.at ?? 0)),
    prompt: [message, ...names].filter(Boolean).join("\n"),
  });
  started.result.catch((error: unknown) => {
    const code = isGatewayError(error) ? error.code : undefined;
    // An abort is not a failure; its event says so.
    if (code === "run_aborted") return;
    // A reply of more bytes than a result may have. Its events have brought it.
    const run = listRuns().find(({ id }) => id === started.runId);
    if (code === "request_too_large" && run?.phase !== "waiting") return;
    updateRun(started.runId, (run) => ({
      ...run,
      phase: "ended",
      endedAt: Date.now(),
      error: run.error ?? describe(error),
    }));
    void loadHistory();
  });
}

/** Takes a message and all after it back, and sends another one in its place. */
export async function replaceMessage(
  key: string,
  { seq = 0 }: TextEntry,
  text: string,
  options?: SendOptions,
): Promise<void> {
  await requireSocket().call("sessions.rewind", { key, seq });
  messages.value = messages.peek().filter((message) => message.seq < seq);
  send(key, text, options);
}

/** Copies the conversation up to this message. Resolves to the key of the new session. */
export async function branch(key: string, seq: number): Promise<string> {
  return (await requireSocket().call("sessions.branch", { key, seq })).key;
}

export async function stop(key: string, runId: string): Promise<void> {
  await requireSocket().call("chat.abort", { sessionKey: key, runId });
}

onRunStored((run) => {
  if (run.sessionKey === sessionKey.peek()) void loadHistory();
});
onReconnect(() => void loadHistory());
// Another tab may take messages back, or start again.
onSessionChange((key) => {
  if (key === sessionKey.peek() && activeRun.peek() === undefined) void loadHistory();
});
// Another credential may see less.
effect(() => {
  if (socket.value === undefined) openSession(undefined);
});
