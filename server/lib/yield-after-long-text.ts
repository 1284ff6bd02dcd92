/** Lets the event loop serve other connections between two steps over a long text. Each step takes tens of milliseconds. */
import { setImmediate } from "node:timers/promises";

/** A step over a text of fewer characters is short. */
const longLength = 1_000_000;

/**
 * Returns nothing for a short text. Otherwise it resolves after the event loop has read from sockets: after a callback of a
 * socket, the first immediate comes before that. https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick
 */
export function yieldAfterLongText(text: string): Promise<void> | undefined {
  return text.length > longLength ? waitForTwoTurns() : undefined;
}

async function waitForTwoTurns(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
