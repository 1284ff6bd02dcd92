/** Answers longer than any model takes back: a run that is not stored keeps their beginning for its next step. */
import { expect, test } from "vitest";
import { calls, says } from "../../contracts/examples/script.ts";
import type { RunJournal, Turn } from "../../server/agent/types.ts";
import { collect, last, output, testRun, testRunner, texts, tool } from "../support/runs.ts";
import { sequence } from "../support/scripted-model.ts";

const piece = "x".repeat(300_000);
const long = [...Array.from({ length: 10 }, () => says(piece)), calls("c1", "look", "{}")];

/** How long the text of the first step is in the second call of the model. */
async function keptOf(journal?: RunJournal): Promise<{ readonly told: number; readonly kept: number }> {
  const { runAgent } = testRunner();
  const { model, seen } = sequence(long, [says("done")]);
  const look = tool("look", () => Promise.resolve(output("seen")));
  const events = await collect(runAgent(testRun({ model, agent: { tools: [look] }, journal })));
  expect(last(events).reason).toBe("stop");
  const turn = seen[1]?.turns.find(({ role }) => role === "assistant");
  return { told: texts(events).length, kept: turn?.role === "assistant" ? turn.text.length : 0 };
}

test("its caller is told all of it; the next step has the beginning, a million characters or a little more", async () => {
  expect(await keptOf()).toEqual({ told: 3_000_004, kept: 1_200_000 });
});

test("what is stored is stored whole", async () => {
  const added: Turn[] = [];
  const journal: RunJournal = {
    add: (turn) => Promise.resolve(void added.push(turn)),
    replace: () => Promise.resolve(),
  };
  expect(await keptOf(journal)).toEqual({ told: 3_000_004, kept: 3_000_000 });
  expect(added.map((turn) => (turn.role === "assistant" ? turn.text.length : turn.role))).toEqual([
    3_000_000,
    "tool",
    4,
  ]);
});
