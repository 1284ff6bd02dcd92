/** Sends each request with an idempotency key three times: twice concurrently, once after a restart. */
import { setTimeout as sleep } from "node:timers/promises";
import { createGateway, type Gateway } from "./gateway.ts";
import { startProvider } from "./provider.ts";
import { createQuestion } from "./question.ts";
import { say, type Reply, type ChatQuestion } from "./talk.ts";

export interface IdempotencyReport {
  /** False for a gateway without idempotency keys. */
  readonly isSupported: boolean;
  readonly keys: number;
  /** Provider calls that completed. */
  readonly executions: number;
  readonly faults: readonly string[];
}

export async function runIdempotency(keys: number, concurrency: number): Promise<IdempotencyReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const requests = Array.from({ length: keys }, (_, index) => createKeyedRequest(index));
  const faults: string[] = [];

  const [probe] = requests;
  if (probe !== undefined) await sendUntilSettled(gateway, probe);
  const repeated = probe && (await sendUntilSettled(gateway, probe));
  if (repeated?.headers.get("idempotency-replayed") !== "true") {
    return { isSupported: false, keys, executions: Number.NaN, faults };
  }

  const first = await mapConcurrently(requests, concurrency, async (request) => {
    const [reply, other] = await Promise.all([
      sendUntilSettled(gateway, request),
      sendUntilSettled(gateway, request),
    ]);
    faults.push(...compareReplies(request, reply, other));
    return reply;
  });
  await gateway.end("SIGTERM");
  await gateway.start();
  await mapConcurrently(requests, concurrency, async (request, index) => {
    const replayed = await sendUntilSettled(gateway, request);
    if (replayed.headers.get("idempotency-replayed") !== "true") faults.push(`ran again: ${request.text}`);
    faults.push(...compareReplies(request, replayed, first[index]));
  });
  const calls = await provider.calls("once");
  return { isSupported: true, keys, executions: calls.filter(({ isFinished }) => isFinished).length, faults };
}

/** Varies streaming and the session. */
export function createKeyedRequest(index: number): ChatQuestion {
  return {
    text: createQuestion(`once/${index}`, { wait: 5 }),
    idempotencyKey: `key-${index}`,
    stream: index % 2 === 1,
    ...(index % 4 >= 2 && { session: `once-${index}` }),
  };
}

/** Retries while the gateway answers 409: another request with the key is running. */
export async function sendUntilSettled({ url }: Pick<Gateway, "url">, request: ChatQuestion): Promise<Reply> {
  for (;;) {
    const reply = await say(url, request);
    if (reply.status !== 409) return reply;
    await sleep(20);
  }
}

function compareReplies({ text }: ChatQuestion, reply: Reply, other: Reply | undefined): readonly string[] {
  const isSame = reply.isComplete && reply.status === other?.status && reply.text === other.text;
  return isSame ? [] : [`${text}: ${reply.status} ${reply.text}, then ${other?.status} ${other?.text}`];
}

export async function mapConcurrently<T, R>(
  items: readonly T[],
  concurrency: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const remaining = items.entries();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const [index, item] of remaining) results[index] = await work(item, index);
    }),
  );
  return results;
}
