/** Answers that are longer than any model accepts back: an ephemeral run keeps only their start for its next step. */
import { expect, test } from "vitest";
import { calls, says } from "../../contracts/examples/script.ts";
import type { RunJournal, Turn } from "../../server/agent/types.ts";
import {
  collectEvents,
  findEnd,
  textOutput,
  createTestRun,
  createTestRunner,
  joinText,
  createTestTool,
} from "../support/runs/runs.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import { readText } from "../support/runs/turns.ts";

const fragment = "x".repeat(300_000);
const longAnswer = [...Array.from({ length: 10 }, () => says(fragment)), calls("c1", "look", "{}")];

/** Returns the length of the first step's text, as the caller received it and as the second model call contains it. */
async function measureFirstAnswer(
  journal?: RunJournal,
): Promise<{ readonly receivedLength: number; readonly storedLength: number }> {
  const { runAgent } = createTestRunner();
  const { model, modelCalls } = createModelSequence(longAnswer, [says("done")]);
  const look = createTestTool("look", () => Promise.resolve(textOutput("seen")));
  const events = await collectEvents(runAgent(createTestRun({ model, agent: { tools: [look] }, journal })));
  expect(findEnd(events).reason).toBe("stop");
  const turn = modelCalls[1]?.turns.find(({ role }) => role === "assistant");
  return {
    receivedLength: joinText(events).length,
    storedLength: readText(turn).length,
  };
}

test("the caller receives the whole answer, and the next step contains its first million characters or a little more", async () => {
  expect(await measureFirstAnswer()).toEqual({ receivedLength: 3_000_004, storedLength: 1_200_000 });
});

test("a stored run keeps the whole answer", async () => {
  const journalTurns: Turn[] = [];
  const journal: RunJournal = {
    add: (turn) => Promise.resolve(void journalTurns.push(turn)),
    replace: () => Promise.resolve(),
  };
  expect(await measureFirstAnswer(journal)).toEqual({ receivedLength: 3_000_004, storedLength: 3_000_000 });
  expect(journalTurns.map((turn) => (turn.role === "assistant" ? readText(turn).length : turn.role))).toEqual(
    [3_000_000, "tool", 4],
  );
});
