/** Callers disconnect in the middle: measures when the provider's connection closes, and whether a command's processes end. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { post } from "./connection.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { microseconds, startProvider, type Provider } from "./provider.ts";
import { createQuestion } from "./question.ts";
import { createChatBody } from "./talk.ts";

export interface LeavingReport {
  /** Milliseconds from a caller's disconnect to the end of the provider's connection; Infinity where it stays open. */
  readonly closedMs: readonly number[];
  /** Processes that commands started, and those that still run after three seconds. */
  readonly children: number;
  readonly childrenLeft: number;
}

const groupSize = 20;

export async function runLeaving(callers: number, commands: number): Promise<LeavingReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const closedMs: number[] = [];
  for (let group = 0; group * groupSize < callers; group += 1) {
    const names = Array.from({ length: groupSize }, (_, index) => `g${group}/${index}`);
    closedMs.push(...(await abandonStreams(gateway, provider, `g${group}`, names)));
  }
  return { closedMs, ...(await abandonCommands(gateway, commands)) };
}

/** Half of the callers leave before the first byte of the response. */
async function abandonStreams(
  { url }: Gateway,
  provider: Provider,
  session: string,
  names: readonly string[],
): Promise<readonly number[]> {
  const leftAt = new Map<string, number>();
  await Promise.all(
    names.map(async (name, index) => {
      const leavesEarly = index % 2 === 0;
      const text = createQuestion(name, leavesEarly ? { wait: 20_000 } : { chunks: 2_000, every: 20 });
      const caller = post(
        url,
        "/v1/chat/completions",
        createChatBody({ text, stream: !leavesEarly || index % 4 === 0 }),
      );
      if (!leavesEarly) (await caller.response).resume();
      await sleep(300 + Math.random() * 700);
      leftAt.set(name, microseconds());
      caller.close();
    }),
  );
  await sleep(2_000);
  const calls = await provider.calls(session);
  return calls.map(({ name, closedAt = Infinity }) => (closedAt - (leftAt.get(name) ?? Number.NaN)) / 1_000);
}

async function abandonCommands(
  { url, stateDir }: Gateway,
  commands: number,
): Promise<Pick<LeavingReport, "children" | "childrenLeft">> {
  const callers = Array.from({ length: commands }, (_, index) => {
    const command = `sleep 300 & echo $! > pids-${index}; setsid sleep 301 & echo $! >> pids-${index}; wait`;
    return post(url, "/tools/invoke", JSON.stringify({ tool: "exec", args: { command } }));
  });
  const readPids = (): readonly number[] =>
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
  for (let waited = 0; readPids().length < 2 * commands && waited < 20_000; waited += 100) await sleep(100);
  const started = readPids();
  for (const caller of callers) caller.close();
  await sleep(3_000);
  return { children: started.length, childrenLeft: started.filter(isAlive).length };
}

function isAlive(pid: number): boolean {
  try {
    // A zombie has ended.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
