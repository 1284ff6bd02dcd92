import { expect, test } from "vitest";
import type { RunEvent } from "../../server/agent/types.ts";
import { collectEvents, findEnd, createTestRun, createTestRunner } from "../support/runs/runs.ts";
import { finishEvent, createGatedModel } from "../support/providers/scripted-model.ts";

test("a watcher receives the events of every run until it stops watching", async () => {
  const { runAgent, running } = createTestRunner();
  const watchedEvents: RunEvent[] = [];
  const stopWatching = running.watch(() => (event) => void watchedEvents.push(event));
  const { model, emit } = createGatedModel();
  emit({ type: "text", text: "hi" });
  emit(finishEvent);
  const events = await collectEvents(runAgent(createTestRun({ model })));
  expect(watchedEvents).toEqual(events);
  stopWatching();
  emit(finishEvent);
  await collectEvents(runAgent(createTestRun({ model })));
  expect(watchedEvents).toHaveLength(events.length);
});

test("`abort` aborts the matching run and no other", async () => {
  const { runAgent, running } = createTestRunner();
  const { model, waitForCall } = createGatedModel();
  const otherRun = createGatedModel();
  const endEvents = collectEvents(runAgent(createTestRun({ model, id: "run_1" })));
  const otherEndEvents = collectEvents(runAgent(createTestRun({ model: otherRun.model, id: "run_2" })));
  const { signal } = await waitForCall();
  await otherRun.waitForCall();
  expect(running.abort(({ id }) => id === "run_1")).toBe(1);
  expect(signal.aborted).toBe(true);
  expect(findEnd(await endEvents).reason).toBe("aborted");
  otherRun.emit(finishEvent);
  expect(findEnd(await otherEndEvents).reason).toBe("stop");
  expect(running.abort(() => true)).toBe(0);
});
