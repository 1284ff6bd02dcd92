/** The store alone, in processes of its own: on a slow disk, and while responses expire. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BenchContext, Round } from "../scenario.ts";

interface LoopReport {
  readonly loopP99: number;
  readonly idleLoopP99: number;
}

/** A preloaded library adds 8 ms to each sync; it needs Linux and a C compiler. */
export async function measureSlowDisk(context: BenchContext): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < context.effort.rounds; round += 1) {
    const report = await runProgram<LoopReport & { readonly turnsPerSecond: number }>(context, "store.ts", [
      "--sync-ms",
      "8",
      "5",
    ]).catch((error: unknown) => {
      console.error(`the slow disk is not measured: ${String(error).split("\n").slice(0, 2).join(" ")}`);
    });
    if (report === undefined) break;
    const { turnsPerSecond, loopP99, idleLoopP99 } = report;
    rounds.push({
      gateway: { slowDiskTurns: turnsPerSecond, slowDiskLoopP99: loopP99, slowDiskIdleP99: idleLoopP99 },
    });
  }
  return rounds;
}

export async function measureExpiry(context: BenchContext): Promise<readonly Round[]> {
  const count = String(context.effort.expiredResponses);
  const report = await runProgram<LoopReport & { readonly seconds: number }>(context, "expiry.ts", [count]);
  const { loopP99, idleLoopP99, seconds } = report;
  return [{ gateway: { expiryLoopP99: loopP99, expiryIdleP99: idleLoopP99, expirySeconds: seconds } }];
}

async function runProgram<Report>(
  { environment }: BenchContext,
  file: string,
  args: readonly string[],
): Promise<Report> {
  const path = join(import.meta.dirname, "../programs", file);
  const { stdout } = await promisify(execFile)(process.execPath, [path, ...args], {
    cwd: environment.folder,
  });
  return JSON.parse(stdout) as Report;
}
