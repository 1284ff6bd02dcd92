/** Reports the progress of a call: the text as it grows, the tools that run, and every few seconds that it still runs. */
import type { Clock } from "../../lib/ports.ts";

interface ProgressOptions {
  /** Sends one notification. Their number is `progress`, which must grow. */
  readonly notify: (progress: number, message: string) => void;
  /** Longest time without a notification, in milliseconds: clients count their time limit from the last one. */
  readonly heartbeatMs: number;
  readonly clock: Clock;
}

export interface Progress {
  addText(text: string): void;
  addStep(message: string): void;
  /** Sends nothing from now on. */
  close(): void;
}

/** Milliseconds between two notifications of a text. */
const intervalMs = 200;
/** Characters of a message. Of a longer text, only its end is sent. */
const maxLength = 4_000;

export function createProgress({ notify, heartbeatMs, clock }: ProgressOptions): Progress {
  const startedAt = clock();
  let count = 0;
  let pending = "";
  let textTimer: NodeJS.Timeout | undefined;

  const send = (message: string): void => {
    count += 1;
    heartbeat.refresh();
    notify(count, message);
  };
  const sendText = (): void => {
    textTimer = undefined;
    if (pending === "") return;
    const message = pending.slice(-maxLength);
    pending = "";
    textTimer = setTimeout(sendText, intervalMs).unref();
    send(message);
  };
  const heartbeat = setInterval(() => {
    send(`Running for ${Math.round((clock() - startedAt) / 1_000)} s.`);
  }, heartbeatMs).unref();

  return {
    addText(text) {
      pending = (pending + text).slice(-maxLength);
      if (textTimer === undefined) sendText();
    },
    addStep(message) {
      clearTimeout(textTimer);
      sendText();
      send(message);
    },
    close() {
      clearTimeout(textTimer);
      clearInterval(heartbeat);
    },
  };
}
