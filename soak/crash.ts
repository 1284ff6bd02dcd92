/** Kills the gateway at random moments while sessions talk, starts it again, and compares their ledgers with what it kept. */
import { setTimeout as sleep } from "node:timers/promises";
import { createGateway, type Gateway } from "./gateway.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { startProvider, type Provider } from "./provider.ts";
import { historyOf, say } from "./talk.ts";

export interface CrashReport {
  readonly kills: number;
  readonly acknowledged: number;
  /** Turns that a kill cut before they were acknowledged. */
  readonly cut: number;
  readonly faults: readonly string[];
  /** Of each start. */
  readonly readyMs: readonly number[];
}

const sessions = 8;
/** Then they begin anew: a conversation is sent to its provider whole, and would only grow. */
const roundsOfASession = 20;

export async function crash(
  rounds: number,
  onRound: (round: number, faults: readonly string[]) => void = () => {},
): Promise<CrashReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  const faults: string[] = [];
  const readyMs: number[] = [];
  const ledgers: Ledger[] = [];
  let talking: readonly Ledger[] = [];
  let kills = 0;

  for (let round = 0; round < rounds; round += 1) {
    if (round % roundsOfASession === 0) {
      talking = Array.from({ length: sessions }, (_, index) => createLedger(`r${round}s${index}`));
      ledgers.push(...talking);
    }
    if (Math.random() < 0.2) {
      gateway.launch();
      await sleep(between(0, 1_000));
      await gateway.end("SIGKILL");
      kills += 1;
    }
    readyMs.push(await gateway.start());
    faults.push(...(await compare(gateway, talking)));
    const killed = new AbortController();
    const talks = talking.map((ledger, index) => talk(gateway, ledger, index, killed.signal));
    await sleep(between(0, 600));
    killed.abort();
    await gateway.end("SIGKILL");
    kills += 1;
    faults.push(...(await Promise.all(talks)).flat());
    onRound(round, faults);
  }

  readyMs.push(await gateway.start());
  for (const ledger of talking) faults.push(...(await turn(gateway, ledger, 0, 0)));
  faults.push(...(await compare(gateway, ledgers)), ...(await compareCalls(gateway, provider, ledgers)));
  const turns = ledgers.flatMap((ledger) => ledger.turns);
  const acknowledged = turns.filter((turn) => turn.acknowledged).length;
  return { kills, acknowledged, cut: turns.length - acknowledged, faults, readyMs };
}

/** Asks one question after the other until the gateway is killed. */
async function talk(
  gateway: Gateway,
  ledger: Ledger,
  style: number,
  killed: AbortSignal,
): Promise<readonly string[]> {
  for (;;) {
    try {
      const faults = await turn(gateway, ledger, style, between(0, 20));
      if (faults.length > 0) return faults;
    } catch (error) {
      return killed.aborted
        ? []
        : [`${ledger.session}: no answer from a gateway that runs: ${String(error)}`];
    }
  }
}

/**
 * One question to its answer. Odd styles stream. Half of them send what came before too, and a question that was cut
 * once more: it must not double. The others go on with the next one.
 */
async function turn(
  { url }: Gateway,
  ledger: Ledger,
  style: number,
  wait: number,
): Promise<readonly string[]> {
  const { session, turns } = ledger;
  const repeats = style % 4 >= 2;
  const last = turns.at(-1);
  const asked = repeats && last?.acknowledged === false ? last : ledger.ask(wait);
  const known = turns[turns.indexOf(asked) - 1];
  const before = repeats && known?.acknowledged ? ([known.text, known.answer] as const) : undefined;
  const reply = await say(url, { session, text: asked.text, stream: style % 2 === 1, before });
  if (reply.status !== 200) return [`${session}: ${reply.status} ${reply.text} to ${asked.text}`];
  if (!reply.complete || reply.text !== asked.answer) return [`${session}: ${reply.text} to ${asked.text}`];
  asked.acknowledged = true;
  return [];
}

async function compare({ url }: Gateway, ledgers: readonly Ledger[]): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const ledger of ledgers) faults.push(...ledger.compare(await historyOf(url, ledger.session)));
  return faults;
}

/** What a provider was asked was durable before: it is in the history, acknowledged or not. */
async function compareCalls(
  { url }: Gateway,
  provider: Provider,
  ledgers: readonly Ledger[],
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { session } of ledgers) {
    const calls = await provider.calls(session);
    const history = JSON.stringify(await historyOf(url, session));
    for (const { name, overlaps } of calls) {
      if (!history.includes(`"${name} `)) faults.push(`${session}: asked, not stored: ${name}`);
      if (overlaps) faults.push(`${session}: two at once: ${name}`);
    }
  }
  return faults;
}

const between = (least: number, most: number): number => Math.round(least + Math.random() * (most - least));
