/** Starts the gateway and lets it answer while its clock is forty days wrong: nothing that is stored may be lost. */
import { setTimeout as sleep } from "node:timers/promises";
import { createGateway, headers, type Gateway } from "./gateway.ts";
import { startProvider } from "./provider.ts";
import { createQuestion } from "./question.ts";
import { fetchHistory, say } from "./talk.ts";

export interface ClockReport {
  readonly stored: number;
  /** What is not there any more, or cannot be used, by the time of its loss. */
  readonly lost: readonly string[];
}

const dayMs = 24 * 3_600_000;
const sessions = 20;
/** Expired data is deleted after a start, and after turns. */
const cleanupMs = 1_000;

export async function runClock(shiftDays: number): Promise<ClockReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const names = Array.from({ length: sessions }, (_, index) => `clock-${index}`);
  const ask = async (session: string, text: string, idempotencyKey?: string): Promise<string> =>
    (await say(gateway.url, { session, text, ...(idempotencyKey !== undefined && { idempotencyKey }) })).text;
  for (const name of names) await ask(name, createQuestion(`${name}/0`), name);
  const responses = await Promise.all(
    names.map((name) => storeResponse(gateway, createQuestion(`${name}/1`))),
  );

  const lost: string[] = [];
  const compare = async (moment: string): Promise<void> => {
    for (const name of names) {
      if ((await fetchHistory(gateway.url, name)).length < 2) lost.push(`${moment}: session ${name}`);
      // The stored answer of the first question; a second run would add to the history.
      const before = (await fetchHistory(gateway.url, name)).length;
      await ask(name, createQuestion(`${name}/0`), name);
      if ((await fetchHistory(gateway.url, name)).length !== before)
        lost.push(`${moment}: answer of ${name}`);
    }
    for (const id of responses) {
      const response = await fetch(`${gateway.url}/v1/responses/${id}`, { headers });
      await response.body?.cancel();
      if (response.status !== 200) lost.push(`${moment}: response ${id}`);
    }
  };
  for (const days of [-shiftDays, shiftDays]) {
    // A start with the wrong clock, and a clock that jumps while the gateway runs.
    for (const moment of ["start", "jump"]) {
      await gateway.end("SIGTERM");
      await gateway.start(moment === "start" ? { clockShiftMs: days * dayMs } : {});
      if (moment === "jump") gateway.shiftClock(days * dayMs);
      await ask("meanwhile", createQuestion(`meanwhile/${moment}${days}`));
      await sleep(cleanupMs);
      await gateway.end("SIGTERM");
      await gateway.start();
      await ask("after", createQuestion(`after/${moment}${days}`));
      await sleep(cleanupMs);
      await compare(`${moment} at ${days} days`);
    }
  }
  return { stored: names.length * 2 + responses.length, lost };
}

async function storeResponse({ url }: Gateway, input: string): Promise<string> {
  const body = JSON.stringify({ model: "openclaw", input });
  const response = await fetch(`${url}/v1/responses`, { method: "POST", headers, body });
  return ((await response.json()) as { readonly id: string }).id;
}
