/** Callers leave in the middle: how soon the provider's connection is closed, and whether a command's processes are gone. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { post } from "./connection.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { microseconds, startProvider, type Provider } from "./provider.ts";
import { question } from "./question.ts";
import { chatBody } from "./talk.ts";

export interface LeavingReport {
  /** From a caller's leaving to the end of the provider's connection; Infinity where it stayed open. */
  readonly closedMs: readonly number[];
  /** Processes that commands had started, and those that were still there after three seconds. */
  readonly children: number;
  readonly childrenLeft: number;
}

const atOnce = 20;

export async function leaving(callers: number, commands: number): Promise<LeavingReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const closedMs: number[] = [];
  for (let group = 0; group * atOnce < callers; group += 1) {
    const names = Array.from({ length: atOnce }, (_, index) => `g${group}/${index}`);
    closedMs.push(...(await leaveStreams(gateway, provider, `g${group}`, names)));
  }
  return { closedMs, ...(await leaveCommands(gateway, commands)) };
}

/** Half of them before the first byte of the answer. */
async function leaveStreams(
  { url }: Gateway,
  provider: Provider,
  session: string,
  names: readonly string[],
): Promise<readonly number[]> {
  const left = new Map<string, number>();
  await Promise.all(
    names.map(async (name, index) => {
      const early = index % 2 === 0;
      const text = question(name, early ? { wait: 20_000 } : { chunks: 2_000, every: 20 });
      const caller = post(url, "/v1/chat/completions", chatBody({ text, stream: !early || index % 4 === 0 }));
      if (!early) (await caller.answer).resume();
      await sleep(300 + Math.random() * 700);
      left.set(name, microseconds());
      caller.leave();
    }),
  );
  await sleep(2_000);
  const calls = await provider.calls(session);
  return calls.map(({ name, closedAt = Infinity }) => (closedAt - (left.get(name) ?? Number.NaN)) / 1_000);
}

async function leaveCommands(
  { url, stateDir }: Gateway,
  commands: number,
): Promise<Pick<LeavingReport, "children" | "childrenLeft">> {
  const callers = Array.from({ length: commands }, (_, index) => {
    const command = `sleep 300 & echo $! > pids-${index}; setsid sleep 301 & echo $! >> pids-${index}; wait`;
    return post(url, "/tools/invoke", JSON.stringify({ tool: "exec", args: { command } }));
  });
  const pids = (): readonly number[] =>
    callers.flatMap((_, index) => {
      try {
        return readFileSync(join(stateDir, "workspace", `pids-${index}`), "utf8")
          .trim()
          .split("\n")
          .map(Number);
      } catch {
        return [];
      }
    });
  for (let waited = 0; pids().length < 2 * commands && waited < 20_000; waited += 100) await sleep(100);
  const started = pids();
  for (const caller of callers) caller.leave();
  await sleep(3_000);
  return { children: started.length, childrenLeft: started.filter(isAlive).length };
}

function isAlive(pid: number): boolean {
  try {
    // A process that has ended and is not yet reaped does nothing any more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
