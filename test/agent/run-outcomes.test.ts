/** What is remembered of a run after its end. */
import { queryObjects } from "node:v8";
import { expect, test } from "vitest";
import { createRunOutcomes } from "../../server/agent/run-outcomes.ts";
import { createFailedStreams } from "../../server/http/messages/failed-streams.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import { noBus } from "../../server/lib/node-bus.ts";
import type { ModelEvent } from "../../server/agent/types.ts";
import { collectEvents, createTestRun, createTestRunner } from "../support/runs/runs.ts";
import { openStore } from "../support/runs/stores.ts";

/** Stands for the text of a long answer. */
class Answer {
  readonly text = "a".repeat(1_000);
}

/** The stack of an error has the functions that have made it, and these have what they know. */
async function* failingModel(): AsyncGenerator<ModelEvent> {
  const answer = new Answer();
  const createError = (): GatewayError =>
    new GatewayError("upstream_protocol", `failed after ${answer.text.length} characters`);
  yield await Promise.resolve({ type: "error", error: createError() } as const);
}

const countAnswers = (): number => queryObjects(Answer, { format: "count" });

test("the outcome of a failed run is known, and nothing that the run knew is kept for it", async () => {
  const { runAgent, running } = createTestRunner(await openStore());
  const outcomes = createRunOutcomes(running, noBus, Date.now);
  await collectEvents(runAgent(createTestRun({ id: "r1", model: failingModel })));
  const outcome = await outcomes.wait("r1", "operator", AbortSignal.timeout(1_000));
  expect(outcome?.error).toEqual({
    code: "upstream_protocol",
    message: "failed after 1000 characters",
  });
  expect(countAnswers()).toBe(0);
});

test("a failed stream is remembered without what it knew", () => {
  const failures = createFailedStreams(Date.now);
  const request = { model: "m", messages: [{ role: "user" as const, content: "hi" }] };
  const fail = (): void => {
    const answer = new Answer();
    const createError = (): GatewayError => new GatewayError("upstream_error", answer.text.slice(0, 5));
    failures.add("alice", request, createError());
  };
  fail();
  expect(() => failures.rejectRepeat("alice", request)).toThrow("aaaaa");
  expect(countAnswers()).toBe(0);
});

test("the latest outcomes are remembered, and the oldest are dropped", async () => {
  const { runAgent, running } = createTestRunner(await openStore());
  const outcomes = createRunOutcomes(running, noBus, Date.now);
  for (let number = 0; number <= 1_000; number += 1)
    await collectEvents(runAgent(createTestRun({ id: `r${number}`, model: failingModel })));
  const find = async (id: string): Promise<string | undefined> =>
    (await outcomes.wait(id, "operator", AbortSignal.timeout(20)))?.reason;
  expect(await find("r0")).toBeUndefined();
  expect(await find("r1")).toBe("error");
  expect(await find("r1000")).toBe("error");
});
