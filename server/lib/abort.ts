/** Waits for work that an `AbortSignal` can end. The comment of each function tells whether the work goes on after the abort. */
import { GatewayError } from "./errors.ts";
import { LinkedList } from "./linked-list.ts";

const defaultGraceMs = 5_000;

const callbacksBySignal = new WeakMap<AbortSignal, LinkedList<() => void>>();

/**
 * Calls `callback` when the signal is aborted, at once if it is already. Returns a function that removes it. The callbacks
 * of a signal share one listener: with one each, adding them would cost the square of their number, and a hundred bytes
 * more of memory. Use it for the signal of a credential. Use `addEventListener` for the signal of a request: an entry of the
 * WeakMap would keep everything that the request refers to until the next major collection.
 */
export function callOnAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => {};
  }
  const callbacks = callbacksBySignal.get(signal) ?? listen(signal);
  const node = callbacks.add(callback);
  return () => callbacks.remove(node);
}

function listen(signal: AbortSignal): LinkedList<() => void> {
  const callbacks = new LinkedList<() => void>();
  callbacksBySignal.set(signal, callbacks);
  const callAll = (): void => {
    // A callback may remove others, which an iteration over the list does not allow. They are called nevertheless.
    for (const callback of Array.from(callbacks)) callback();
  };
  signal.addEventListener("abort", callAll, { once: true });
  return callbacks;
}

/**
 * Rejects with the signal's reason as soon as the signal is aborted. The work itself goes on: use this for shared work
 * that other callers wait for, or for work that cannot be cancelled.
 */
export async function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason as Error);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/**
 * Waits for work that ends by itself when the signal is aborted. Rejects when the work has not ended `graceMs`
 * milliseconds after the abort; its later result is ignored.
 */
export async function waitWithGrace<T>(
  work: Promise<T>,
  signal: AbortSignal,
  graceMs = defaultGraceMs,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    timer = setTimeout(() => late.reject(new Error("The tool was stopped.")), graceMs);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

/**
 * Runs the work. An error that it throws after the abort is replaced by the signal's reason if that is a
 * `GatewayError`, else by `run_aborted`.
 */
export async function mapAbortError<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted) throw error;
    throw signal.reason instanceof GatewayError ? signal.reason : createRunAbortedError();
  }
}

/** The reason of a signal whose connection has closed, perhaps with an error. */
export const createDisconnectReason = (cause: Error | null): DOMException =>
  new DOMException("The connection has closed.", { name: "AbortError", cause });

/** Whether the other side has reset the connection, instead of closing it. */
export function wasReset({ reason }: AbortSignal): boolean {
  if (!(reason instanceof DOMException)) return false;
  const { cause } = reason;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNRESET";
}

export function createRunAbortedError(): GatewayError {
  return new GatewayError("run_aborted", "The run was aborted before it was complete.");
}
