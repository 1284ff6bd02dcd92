/** The responses of a gateway's workers are collected within a time limit. */
import { expect, onTestFinished, test, vi } from "vitest";
import type { ForkedWorker } from "../../cli/workers/fork-worker.ts";
import type { PrimaryMessage } from "../../cli/workers/messages.ts";
import { createResponseCollector } from "../../cli/workers/response-collector.ts";

function createWorker(): { readonly worker: ForkedWorker; readonly messages: PrimaryMessage[] } {
  const messages: PrimaryMessage[] = [];
  const worker: ForkedWorker = {
    pid: 1,
    send: (message) => void messages.push(message),
    kill: () => {},
    exited: new Promise(() => {}),
  };
  return { worker, messages };
}

test("a worker that reports after two seconds that the database does not answer is not ready", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const collector = createResponseCollector();
  const { worker, messages } = createWorker();
  collector.add(worker);
  collector.collect(worker, { id: 7, topic: "readiness" });
  expect(messages).toEqual([{ type: "request", id: 1, topic: "readiness" }]);
  vi.advanceTimersByTime(2_500);
  const response = ["storage_unavailable"] as const;
  collector.addResponse(worker, { type: "response", id: 1, topic: "readiness", response });
  expect(messages.at(-1)).toEqual({ type: "responses", id: 7, responses: [response] });
});

test("the result does not contain a worker that never responds", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const collector = createResponseCollector();
  const [first, silent] = [createWorker(), createWorker()];
  for (const { worker } of [first, silent]) collector.add(worker);
  collector.collect(first.worker, { id: 1, topic: "readiness" });
  collector.addResponse(first.worker, { type: "response", id: 1, topic: "readiness", response: [] });
  expect(first.messages).toHaveLength(1);
  vi.advanceTimersByTime(10_000);
  expect(first.messages.at(-1)).toEqual({ type: "responses", id: 1, responses: [[]] });
});
