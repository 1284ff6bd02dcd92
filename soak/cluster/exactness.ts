/** What holds across nodes without any fault: keys that run once, a budget to its last token, the order of turns. */
import { startCluster } from "./cluster.ts";
import { createKeyedRequest, mapConcurrently, sendUntilSettled } from "../idempotency.ts";
import { talkInOrder, type OrderReport } from "../order.ts";
import { createQuestion } from "../question.ts";
import { say } from "../talk.ts";

/** Sends each request to each node at the same time. Resolves to the number of executions. */
export async function runSharedKeys(
  keys: number,
): Promise<{ readonly executions: number; readonly faults: readonly string[] }> {
  await using cluster = await startCluster();
  const { nodes, provider } = cluster;
  const requests = Array.from({ length: keys }, (_, index) => createKeyedRequest(index));
  const faults: string[] = [];
  await mapConcurrently(requests, 10, async (request) => {
    const replies = await Promise.all(nodes.map((node) => sendUntilSettled(node, request)));
    const texts = new Set(replies.map(({ status, text, isComplete }) => `${status} ${text} ${isComplete}`));
    if (texts.size !== 1 || !replies[0]?.isComplete)
      faults.push(`${request.text}: ${[...texts].join(", then ")}`);
  });
  const calls = await provider.calls("once");
  return { executions: calls.filter(({ isFinished }) => isFinished).length, faults };
}

/** Tokens that a call of the provider uses. */
const tokensOfACall = 20;

export interface BudgetReport {
  readonly statuses: ReadonlyMap<number, number>;
  /** Calls that the budget has room for, and those that ran. */
  readonly room: number;
  readonly calls: number;
}

/** Uses a budget up to its last call, and then sends this many requests at once. */
export async function runSharedBudget(requests: number): Promise<BudgetReport> {
  const room = 5;
  const tokensPerDay = room * tokensOfACall;
  await using cluster = await startCluster({ config: { budgets: { agents: { main: { tokensPerDay } } } } });
  const { nodes, provider } = cluster;
  const ask = async (index: number): Promise<number> => {
    const { url = "" } = nodes[index % nodes.length] ?? {};
    return (await say(url, { text: createQuestion(`budget/${index}`, { wait: 200 }) })).status;
  };
  for (let index = 0; index < room - 1; index += 1) await ask(index);
  const statuses = new Map<number, number>();
  for (const status of await Promise.all(Array.from({ length: requests }, (_, index) => ask(room + index))))
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  return { statuses, room, calls: (await provider.calls("budget")).length };
}

export async function runSharedOrder(turns: number): Promise<OrderReport> {
  await using cluster = await startCluster();
  const { nodes, provider } = cluster;
  return await talkInOrder({ provider, urls: nodes.map(({ url }) => url), turns, sessions: 50 });
}
