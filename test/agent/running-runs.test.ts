import { expect, test } from "vitest";
import type { RunEvent } from "../../server/agent/types.ts";
import { collect, last, testRun, testRunner } from "../support/runs.ts";
import { finish, gatedModel } from "../support/scripted-model.ts";

test("whoever watches sees the events of every run, as long as they watch", async () => {
  const { runAgent, running } = testRunner();
  const seen: RunEvent[] = [];
  const stop = running.watch((_, event) => seen.push(event));
  const { model, give } = gatedModel();
  give({ type: "text", text: "hi" });
  give(finish);
  const events = await collect(runAgent(testRun({ model })));
  expect(seen).toEqual(events);
  stop();
  give(finish);
  await collect(runAgent(testRun({ model })));
  expect(seen).toHaveLength(events.length);
});

test("a run is aborted by somebody else than its caller, and only the one that is meant", async () => {
  const { runAgent, running } = testRunner();
  const { model, called } = gatedModel();
  const other = gatedModel();
  const ends = collect(runAgent(testRun({ model, id: "run_1" })));
  const otherEnds = collect(runAgent(testRun({ model: other.model, id: "run_2" })));
  const { signal } = await called();
  await other.called();
  expect(running.abort(({ id }) => id === "run_1")).toBe(1);
  expect(signal.aborted).toBe(true);
  expect(last(await ends).reason).toBe("aborted");
  other.give(finish);
  expect(last(await otherEnds).reason).toBe("stop");
  expect(running.abort(() => true)).toBe(0);
});
