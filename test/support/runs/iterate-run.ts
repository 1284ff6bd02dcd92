/** Yields the events of a run one by one as they are asked for. */
import { createPullQueue } from "./pull-queue.ts";
import type { Run, RunAgent, RunEvent } from "../../../server/agent/types.ts";

/** The run starts with the first `next()`. `return()` aborts it and resolves when it has ended. */
export function iterateRun(runAgent: RunAgent, run: Run): AsyncIterable<RunEvent> {
  return createPullQueue(run.signal, (sink, signal) => runAgent({ ...run, signal }, sink));
}
