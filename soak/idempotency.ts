/** Requests with an idempotency key, each sent three times: twice at nearly the same time, once after a restart. */
import { setTimeout as sleep } from "node:timers/promises";
import { createGateway, type Gateway } from "./gateway.ts";
import { startProvider } from "./provider.ts";
import { question } from "./question.ts";
import { say, type Reply, type Said } from "./talk.ts";

export interface IdempotencyReport {
  /** False: this gateway does not know the header yet. */
  readonly honoured: boolean;
  readonly keys: number;
  /** Calls of the provider that were answered. */
  readonly executions: number;
  readonly faults: readonly string[];
}

export async function idempotency(keys: number, atOnce: number): Promise<IdempotencyReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const requests = Array.from({ length: keys }, (_, index) => requestOf(index));
  const faults: string[] = [];

  const [probe] = requests;
  if (probe !== undefined) await answer(gateway, probe);
  const again = probe && (await answer(gateway, probe));
  if (again?.headers.get("idempotency-replayed") !== "true") {
    return { honoured: false, keys, executions: Number.NaN, faults };
  }

  const first = await inTurns(requests, atOnce, async (request) => {
    const [one, other] = await Promise.all([answer(gateway, request), answer(gateway, request)]);
    faults.push(...compare(request, one, other));
    return one;
  });
  await gateway.end("SIGTERM");
  await gateway.start();
  await inTurns(requests, atOnce, async (request, index) => {
    const replayed = await answer(gateway, request);
    if (replayed.headers.get("idempotency-replayed") !== "true") faults.push(`ran again: ${request.text}`);
    faults.push(...compare(request, replayed, first[index]));
  });
  const calls = await provider.calls("once");
  return { honoured: true, keys, executions: calls.filter(({ finished }) => finished).length, faults };
}

/** Whole and streamed, with a session and without. */
function requestOf(index: number): Said {
  return {
    text: question(`once/${index}`, { wait: 5 }),
    idempotencyKey: `key-${index}`,
    stream: index % 2 === 1,
    ...(index % 4 >= 2 && { session: `once-${index}` }),
  };
}

/** While another runs with the key it is 409: whoever was told so comes again. */
async function answer({ url }: Gateway, request: Said): Promise<Reply> {
  for (;;) {
    const reply = await say(url, request);
    if (reply.status !== 409) return reply;
    await sleep(20);
  }
}

function compare({ text }: Said, reply: Reply, other: Reply | undefined): readonly string[] {
  const same = reply.complete && reply.status === other?.status && reply.text === other.text;
  return same ? [] : [`${text}: ${reply.status} ${reply.text}, then ${other?.status} ${other?.text}`];
}

async function inTurns<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const left = items.entries();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const [index, item] of left) results[index] = await work(item, index);
    }),
  );
  return results;
}
