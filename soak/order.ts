/** Many turns of many sessions at once: within a session one after the other, each knowing all before it. */
import { createGateway } from "./gateway.ts";
import { createLedger } from "./ledger.ts";
import { startProvider } from "./provider.ts";
import { historyOf, say } from "./talk.ts";

/** Talk in each session at the same time. */
const talkersOfASession = 2;

/** Says where the order was broken. */
export async function order(turns: number, atOnce: number): Promise<readonly string[]> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const sessions = atOnce / talkersOfASession;
  const ledgers = Array.from({ length: sessions }, (_, index) => createLedger(`s${index}`));
  const faults: string[] = [];

  await Promise.all(
    ledgers.flatMap((ledger) =>
      Array.from({ length: talkersOfASession }, async () => {
        while (ledger.turns.length < turns / sessions) {
          const asked = ledger.ask(0);
          const reply = await say(gateway.url, { session: ledger.session, text: asked.text });
          if (reply.text === asked.answer) asked.acknowledged = true;
          else faults.push(`${reply.status} ${reply.text} to ${asked.text}`);
        }
      }),
    ),
  );

  for (const { session, turns: asked } of ledgers) {
    const history = await historyOf(gateway.url, session);
    const calls = await provider.calls(session);
    const stored = history.flatMap(({ role, content }) =>
      role === "user" && content[0]?.type === "text" ? [content[0].text.split(" ")[0]] : [],
    );
    const order = [...new Set(calls.map(({ name }) => name))];
    if (stored.join() !== order.join()) faults.push(`${session}: stored in another order than run`);
    if (stored.length !== asked.length) faults.push(`${session}: ${stored.length} of ${asked.length} stored`);
    for (const { name, questions, overlaps } of calls) {
      if (overlaps) faults.push(`${session}: two at once: ${name}`);
      if (questions !== order.indexOf(name) + 1) faults.push(`${session}: not all before it known: ${name}`);
    }
  }
  return faults;
}
