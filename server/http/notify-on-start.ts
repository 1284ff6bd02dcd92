/** Tells when a run starts. A run that still waits is aborted when its caller disconnects. */
import type { StartRun } from "../agent/types.ts";

/** Calls `notify` when the run starts. */
export function notifyOnStart(run: StartRun, notify: () => void): StartRun {
  return (sink) =>
    run({
      ...sink,
      emit(event) {
        if (event.type === "start") notify();
        sink.emit(event);
      },
    });
}
