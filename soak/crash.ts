/**
 * Kills the gateway at random moments while sessions talk, restarts it, and compares the stored history with their ledgers.
 * Some starts are with a wrong clock, and now and then the process is stopped for a while, as on a machine that sleeps.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createGateway, type Gateway } from "./gateway.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { startProvider, type Provider } from "./provider.ts";
import { fetchHistory, say } from "./talk.ts";

export interface CrashReport {
  readonly kills: number;
  readonly acknowledged: number;
  /** Turns that a kill interrupted before they were acknowledged. */
  readonly unacknowledged: number;
  readonly faults: readonly string[];
  /** Time until ready, for each start. */
  readonly readyMs: readonly number[];
}

const sessions = 8;
/** Every so many rounds the clock is forty days wrong. */
const roundsOfAClock = 5;
const clockShiftMs = 40 * 24 * 3_600_000;
/** Every so many rounds the process is stopped. */
const roundsOfAPause = 50;
const pauseMs = 20_000;
/** New sessions replace the old ones after this many rounds, since every request sends the full conversation. */
const roundsOfASession = 20;

export async function runCrash(
  rounds: number,
  onRound: (round: number, faults: readonly string[]) => void = () => {},
): Promise<CrashReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  const faults: string[] = [];
  const readyMs: number[] = [];
  const ledgers: Ledger[] = [];
  let activeLedgers: readonly Ledger[] = [];
  let kills = 0;

  for (let round = 0; round < rounds; round += 1) {
    if (round % roundsOfASession === 0) {
      activeLedgers = Array.from({ length: sessions }, (_, index) => createLedger(`r${round}s${index}`));
      ledgers.push(...activeLedgers);
    }
    if (Math.random() < 0.2) {
      gateway.launch();
      await sleep(randomBetween(0, 1_000));
      await gateway.end("SIGKILL");
      kills += 1;
    }
    const hasWrongClock = round % roundsOfAClock === roundsOfAClock - 1;
    const direction = round % 2 === 0 ? 1 : -1;
    readyMs.push(await gateway.start(hasWrongClock ? { clockShiftMs: direction * clockShiftMs } : {}));
    faults.push(...(await compareHistories(gateway, activeLedgers)));
    const killed = new AbortController();
    const talks = activeLedgers.map((ledger, index) =>
      talkUntilKilled(gateway, ledger, index, killed.signal),
    );
    await sleep(randomBetween(0, 600));
    if (round % roundsOfAPause === roundsOfAPause - 1) {
      await gateway.pause(pauseMs);
      await sleep(randomBetween(0, 600));
    }
    killed.abort();
    await gateway.end("SIGKILL");
    kills += 1;
    faults.push(...(await Promise.all(talks)).flat());
    onRound(round, faults);
  }

  readyMs.push(await gateway.start());
  for (const ledger of activeLedgers) faults.push(...(await talkOnce(gateway, ledger, 0, 0)));
  faults.push(
    ...(await compareHistories(gateway, ledgers)),
    ...(await compareProviderCalls(gateway, provider, ledgers)),
  );
  const turns = ledgers.flatMap((ledger) => ledger.turns);
  const acknowledged = turns.filter((turn) => turn.acknowledged).length;
  return { kills, acknowledged, unacknowledged: turns.length - acknowledged, faults, readyMs };
}

/** Asks one question after another until the gateway is killed. */
async function talkUntilKilled(
  gateway: Gateway,
  ledger: Ledger,
  style: number,
  killed: AbortSignal,
): Promise<readonly string[]> {
  for (;;) {
    try {
      const faults = await talkOnce(gateway, ledger, style, randomBetween(0, 20));
      if (faults.length > 0) return faults;
    } catch (error) {
      return killed.aborted
        ? []
        : [`${ledger.session}: no answer from a gateway that runs: ${String(error)}`];
    }
  }
}

/**
 * Asks one question and checks the answer. Odd styles stream. Styles 2 and 3 also send the turn before, and repeat a
 * question that was interrupted: it must be stored once. The others continue with the next question.
 */
async function talkOnce(
  { url }: Gateway,
  ledger: Ledger,
  style: number,
  wait: number,
): Promise<readonly string[]> {
  const { session, turns } = ledger;
  const isRepeating = style % 4 >= 2;
  const last = turns.at(-1);
  const question = isRepeating && last?.acknowledged === false ? last : ledger.ask(wait);
  const previous = turns[turns.indexOf(question) - 1];
  const previousTurn =
    isRepeating && previous?.acknowledged ? ([previous.text, previous.answer] as const) : undefined;
  const reply = await say(url, { session, text: question.text, stream: style % 2 === 1, previousTurn });
  // A request that arrives while the process is stopped has not been read in time when it goes on. Clients send it again.
  if (reply.status === 408) return [];
  if (reply.status !== 200) return [`${session}: ${reply.status} ${reply.text} to ${question.text}`];
  if (!reply.isComplete || reply.text !== question.answer)
    return [`${session}: ${reply.text} to ${question.text}`];
  question.acknowledged = true;
  return [];
}

async function compareHistories({ url }: Gateway, ledgers: readonly Ledger[]): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const ledger of ledgers) faults.push(...ledger.compare(await fetchHistory(url, ledger.session)));
  return faults;
}

/** A question is stored before the provider is asked, so the history has every call, acknowledged or not. */
async function compareProviderCalls(
  { url }: Gateway,
  provider: Provider,
  ledgers: readonly Ledger[],
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { session } of ledgers) {
    const calls = await provider.calls(session);
    const history = JSON.stringify(await fetchHistory(url, session));
    for (const { name, isOverlapping } of calls) {
      if (!history.includes(`"${name} `)) faults.push(`${session}: called, not stored: ${name}`);
      if (isOverlapping) faults.push(`${session}: two at once: ${name}`);
    }
  }
  return faults;
}

const randomBetween = (least: number, most: number): number =>
  Math.round(least + Math.random() * (most - least));
