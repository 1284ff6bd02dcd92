/** Runs one turn of an agent and shows it. */
import type { RunResult, SocketRun } from "../../clients/typescript/src/index.ts";
import type { Io } from "../io.ts";
import type { RunView } from "./run-view.ts";

/** Resolves to the result of the complete run. Rejects when the run fails. */
export async function showRun(run: SocketRun, view: RunView | undefined, io: Io): Promise<RunResult> {
  try {
    for await (const event of run) view?.show(event);
    const result = await run.result;
    const { payloads = [], meta } = result.result ?? {};
    view?.end(payloads[0]?.text);
    const { stopReason = "stop" } = meta ?? {};
    if (stopReason !== "stop") io.err(`The reply is incomplete: ${stopReason}.`);
    return result;
  } catch (error) {
    view?.end();
    throw error;
  }
}
