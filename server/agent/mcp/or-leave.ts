/** Waits for shared work no longer than this caller wants; the work goes on for the others. */

/** Rejects with the signal's reason. */
export async function orLeave<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave = (): void => {};
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error);
  });
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();
  try {
    return await Promise.race([work, left]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
