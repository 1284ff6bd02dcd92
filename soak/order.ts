/** Runs many turns of many sessions concurrently. Within a session they run in order, each with all earlier turns. */
import { createGateway } from "./gateway.ts";
import { createLedger } from "./ledger.ts";
import { startProvider, type Provider } from "./provider.ts";
import { fetchHistory, say } from "./talk.ts";

/** Concurrent callers of each session. */
const talkersOfASession = 2;

/** The error codes of an overloaded machine. */
const overload: ReadonlySet<string> = new Set(["storage_unavailable", "session_busy"]);

export interface OrderReport {
  /**
   * Turns that got 503 because the store could not be reached in time, or `session_busy` because their node lost its runs after
   * 15 seconds without a sign of life. They may be stored or not.
   */
  readonly rejections: number;
  /** The places where the order is broken. */
  readonly faults: readonly string[];
}

export async function runOrder(turns: number, concurrency: number): Promise<OrderReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const sessions = concurrency / talkersOfASession;
  return await talkInOrder({ provider, urls: [gateway.url], turns, sessions });
}

interface OrderOptions {
  readonly provider: Provider;
  /** The gateways, which take turns. */
  readonly urls: readonly string[];
  readonly turns: number;
  readonly sessions: number;
}

export async function talkInOrder({ provider, urls, turns, sessions }: OrderOptions): Promise<OrderReport> {
  const [firstUrl = ""] = urls;
  const ledgers = Array.from({ length: sessions }, (_, index) => createLedger(`s${index}`));
  const faults: string[] = [];
  let rejections = 0;

  await Promise.all(
    ledgers.flatMap((ledger) =>
      Array.from({ length: talkersOfASession }, async () => {
        while (ledger.turns.length < turns / sessions) {
          const turn = ledger.ask(0);
          const url = urls[ledger.turns.length % urls.length] ?? firstUrl;
          const reply = await say(url, { session: ledger.session, text: turn.text });
          if (reply.text === turn.answer) turn.acknowledged = true;
          else if (overload.has(reply.text)) rejections += 1;
          else faults.push(`${reply.status} ${reply.text} to ${turn.text}`);
        }
      }),
    ),
  );

  for (const { session, turns: ledgerTurns } of ledgers) {
    const history = await fetchHistory(firstUrl, session);
    const calls = await provider.calls(session);
    const storedNames = history.flatMap(({ role, content }) =>
      role === "user" && content[0]?.type === "text" ? [content[0].text.split(" ")[0]] : [],
    );
    const runNames = [...new Set(calls.map(({ name }) => name))];
    // A rejected turn may be stored without a run.
    const storedRuns = storedNames.filter((name) => name !== undefined && runNames.includes(name));
    if (storedRuns.join() !== runNames.join()) faults.push(`${session}: stored in another order than run`);
    const minStored = ledgerTurns.filter((turn) => turn.acknowledged).length;
    if (storedNames.length < minStored || storedNames.length > ledgerTurns.length)
      faults.push(
        `${session}: ${storedNames.length} stored, ${minStored} of ${ledgerTurns.length} acknowledged`,
      );
    for (const { name, questions, isOverlapping } of calls) {
      if (isOverlapping) faults.push(`${session}: two at once: ${name}`);
      if (questions !== storedNames.indexOf(name) + 1)
        faults.push(`${session}: ${name} ran with ${questions} questions`);
    }
  }
  return { rejections, faults };
}
