/** Waits until the gateway is told to stop: by a signal, or by the end of the npm that started it. */
import { exitInterrupted } from "./exit-codes.ts";
import type { Io } from "./io.ts";

const parentCheckMs = 250;

interface StopOptions {
  /** Called before the exit at the second signal. */
  readonly onForcedExit: () => void;
  /** Called at SIGHUP, which a service manager sends for a reload. In a terminal SIGHUP is a signal to stop: the terminal was closed. */
  readonly onHangUp: () => void;
}

/** Resolves on the first signal. A second signal exits at once. */
export function waitForStop(io: Io, { onForcedExit, onHangUp }: StopOptions): Promise<void> {
  return new Promise((resolve) => {
    const isInTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
    let isStopping = false;
    const stop = (reason: string): void => {
      isStopping = true;
      clearInterval(parentTimer);
      io.err(`${reason}: waiting for running requests. Send a signal to exit at once.`);
      resolve();
    };
    const onSignal = (signal: NodeJS.Signals): void => {
      if (!isStopping) return stop(signal);
      onForcedExit();
      process.exit(exitInterrupted);
    };
    process
      .on("SIGINT", onSignal)
      .on("SIGTERM", onSignal)
      .on("SIGHUP", isInTerminal ? onSignal : onHangUp);
    const parentTimer = watchParent(io.env, () => stop("npm has ended"));
  });
}

/** npm passes a signal on to the shell that it has started. The shell ends, and passes nothing on. */
function watchParent(env: NodeJS.ProcessEnv, onEnd: () => void): NodeJS.Timeout | undefined {
  if (env["npm_lifecycle_event"] === undefined) return undefined;
  const parent = process.ppid;
  return setInterval(() => {
    if (process.ppid !== parent) onEnd();
  }, parentCheckMs).unref();
}
