/** Answers longer than any model takes back: a run that is not stored keeps their beginning for its next step. */
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

const fragment = "x".repeat(300_000);
const fragmentCount = [...Array.from({ length: 10 }, () => says(fragment)), calls("c1", "look", "{}")];

/** How long the text of the first step is in the second call of the model. */
async function readStoredText(
  journal?: RunJournal,
): Promise<{ readonly receivedLength: number; readonly storedLength: number }> {
  const { runAgent } = createTestRunner();
  const { model, modelCalls } = createModelSequence(fragmentCount, [says("done")]);
  const look = createTestTool("look", () => Promise.resolve(textOutput("seen")));
  const events = await collectEvents(runAgent(createTestRun({ model, agent: { tools: [look] }, journal })));
  expect(findEnd(events).reason).toBe("stop");
  const turn = modelCalls[1]?.turns.find(({ role }) => role === "assistant");
  return {
    receivedLength: joinText(events).length,
    storedLength: turn?.role === "assistant" ? turn.text.length : 0,
  };
}

test("its caller is told all of it; the next step has the beginning, a million characters or a little more", async () => {
  expect(await readStoredText()).toEqual({ receivedLength: 3_000_004, storedLength: 1_200_000 });
});

test("what is stored is stored whole", async () => {
  const journalTurns: Turn[] = [];
  const journal: RunJournal = {
    add: (turn) => Promise.resolve(void journalTurns.push(turn)),
    replace: () => Promise.resolve(),
  };
  expect(await readStoredText(journal)).toEqual({ receivedLength: 3_000_004, storedLength: 3_000_000 });
  expect(journalTurns.map((turn) => (turn.role === "assistant" ? turn.text.length : turn.role))).toEqual([
    3_000_000,
    "tool",
    4,
  ]);
});
