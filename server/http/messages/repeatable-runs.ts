/**
 * Lets a run outlive its connection for a moment. Clients of Anthropic's API repeat a request whose connection was cut: the
 * repeat gets the events of the same run from the beginning, and nothing is executed twice.
 */
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { wasReset } from "../../lib/abort.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { RunEvent, RunSink, StartRun } from "../../agent/types.ts";

/** A run, and what its creator knows of it. */
export interface OpenedRun<Info> {
  readonly info: Info;
  readonly run: StartRun;
}

export interface RepeatableRuns<Info> {
  /**
   * Returns the run that has lost the connection of a request with this key, or a new one. `signal` is that of the request.
   * The new run gets one of its own. The key of a long request takes a while, and is computed only when it is needed.
   */
  open(
    computeKey: () => string,
    signal: AbortSignal,
    create: (signal: AbortSignal) => OpenedRun<Info>,
  ): OpenedRun<Info>;
}

/** Events of a run that are kept for a repeat, in characters. A run with more is aborted with its connection. */
const maxCharacters = 4 * 1024 * 1024;

/** The time that a run waits for the repeat, in milliseconds. The run goes on meanwhile, and is aborted then. */
interface Waits {
  readonly repeatWaitMs: number;
  readonly resetWaitMs: number;
}

/** `onCut` is called when a run has lost its connection. */
export function createRepeatableRuns<Info>(waits: Waits, onCut: (info: Info) => void): RepeatableRuns<Info> {
  /** The runs without a connection. */
  const waiting = new Map<string, SharedRun<Info>>();
  return {
    open(computeKey, signal, create) {
      const shared = takeWaiting(computeKey) ?? createSharedRun(create, waits);
      return { info: shared.info, run: shared.connect(signal, () => waitFor(computeKey(), shared)) };
    },
  };

  function takeWaiting(computeKey: () => string): SharedRun<Info> | undefined {
    if (waiting.size === 0) return undefined;
    const key = computeKey();
    const lost = waiting.get(key);
    waiting.delete(key);
    return lost;
  }

  /** Returns how to stop waiting. */
  function waitFor(key: string, shared: SharedRun<Info>): () => void {
    waiting.set(key, shared);
    onCut(shared.info);
    return () => {
      if (waiting.get(key) === shared) waiting.delete(key);
    };
  }
}

interface SharedRun<Info> {
  readonly info: Info;
  /** Gives the run a connection, which `onLost` is called for when it is cut. */
  connect(signal: AbortSignal, onLost: () => () => void): StartRun;
}

interface Reader {
  readonly sink: RunSink;
  /** Resolves when the reader is gone. */
  readonly left: Promise<void>;
}

function createSharedRun<Info>(
  create: (signal: AbortSignal) => OpenedRun<Info>,
  { repeatWaitMs, resetWaitMs }: Waits,
): SharedRun<Info> {
  const controller = new AbortController();
  const { info, run } = create(controller.signal);
  const events: RunEvent[] = [];
  let characters = 0;
  let reader: Reader | undefined;
  let finished: Promise<void> | undefined;
  let stopWaiting: (() => void) | undefined;

  const sink: RunSink = {
    emit(event) {
      if (characters <= maxCharacters) {
        characters += countCharacters(event);
        events.push(event);
      }
      if (characters > maxCharacters) events.length = 0;
      reader?.sink.emit(event);
    },
    ready() {
      const ready = reader?.sink.ready?.();
      return ready && Promise.race([ready, reader?.left]);
    },
  };

  /** Waits for a repeat, and aborts the run when none comes. */
  function lose(onLost: () => () => void, waitMs: number): void {
    reader = undefined;
    const forget = onLost();
    const timer = setTimeout(() => {
      forget();
      controller.abort();
    }, waitMs);
    stopWaiting = () => clearTimeout(timer);
  }

  function onDisconnect(signal: AbortSignal, onLost: () => () => void): void {
    // A revoked key and a stop of the gateway have a reason.
    if (signal.reason instanceof GatewayError) controller.abort(signal.reason);
    else if (finished === undefined || characters > maxCharacters) controller.abort();
    else lose(onLost, wasReset(signal) ? resetWaitMs : repeatWaitMs);
  }

  return {
    info,
    connect(signal, onLost) {
      stopWaiting?.();
      return async (readerSink) => {
        const left = Promise.withResolvers<void>();
        const onAbort = (): void => {
          onDisconnect(signal, onLost);
          left.resolve();
        };
        if (signal.aborted) onAbort();
        else signal.addEventListener("abort", onAbort, { once: true });
        for (const event of events) readerSink.emit(event);
        reader = { sink: readerSink, left: left.promise };
        finished ??= run(sink);
        await finished;
        if (reader?.sink !== readerSink)
          readerSink.emit({ type: "end", reason: "aborted", usage: undefined });
      };
    },
  };
}

function countCharacters(event: RunEvent): number {
  if (event.type === "text" || event.type === "thinking") return event.text.length;
  return event.type === "tool_call_arguments" ? event.fragment.length : JSON.stringify(event).length;
}

/** The name of a request: what its repeat without streaming may change is not part of it. */
export function hashMessagesRequest(
  credential: string,
  body: Readonly<Record<string, unknown>>,
  headers: IncomingHttpHeaders,
): string {
  const { stream: _stream, max_tokens: _maxTokens, thinking: _thinking, ...prompt } = body;
  const choice = Object.entries(headers).filter(([name]) => name.startsWith("x-openclaw-"));
  return createHash("sha256")
    .update(JSON.stringify([credential, choice, prompt]))
    .digest("base64url");
}
