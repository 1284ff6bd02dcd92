/**
 * Measures how long the event loop is held while responses expire. `node bench/programs/expiry.ts [responses]`, in a folder
 * of the disk to measure. Prints JSON.
 */
import type { NewResponse } from "../../server/agent/sessions/responses.ts";
import { measureIdleLoop, measureLoopDelay, openTemporaryStore } from "./open-store.ts";

const count = Number(process.argv[2] ?? 100_000);
const batchSize = 500;
const dayMs = 86_400_000;
const time = { offsetMs: 0 };
const clock = (): number => Date.now() + time.offsetMs;

const text = "A short answer. ".repeat(4);
const createResponse = (number: number): NewResponse => ({
  id: `resp_${number.toString(16).padStart(32, "0")}`,
  agentId: "main",
  credential: "operator",
  previousId: undefined,
  sessionKey: undefined,
  status: "in_progress",
  background: false,
  expiresAt: clock() + 30 * dayMs,
  request: '{"model":"openclaw"}',
  response: '{"status":"in_progress"}',
  input: JSON.stringify([{ role: "user", content: text }]),
  turns: [{ role: "user", content: [{ type: "text", text }] }],
});

const { store, close } = await openTemporaryStore({ time: clock });
const { responses } = store;
const storeResponse = async (number: number): Promise<void> => {
  const response = createResponse(number);
  await responses.create(response);
  const document = JSON.stringify({ status: "completed", output: [{ type: "message", content: text }] });
  const turn = { role: "assistant", content: [{ type: "text", text }] } as const;
  await responses.finish(response.id, { status: "completed", response: document, turns: [turn] });
};
for (let first = 0; first < count; first += batchSize)
  await Promise.all(
    Array.from({ length: Math.min(batchSize, count - first) }, (_, i) => storeResponse(first + i)),
  );

time.offsetMs = 31 * dayMs;
const idle = await measureIdleLoop();
const startedAt = performance.now();
const delay = await measureLoopDelay(() => store.cleanUp());
const seconds = (performance.now() - startedAt) / 1_000;
if ((await responses.get(createResponse(0).id, "operator")) !== undefined)
  throw new Error("it did not expire");
await close();
console.log(JSON.stringify({ ...delay, seconds, idleLoopP99: idle.loopP99 }));
