/** The gateway is killed at random moments during runs, and restarted: nothing acknowledged is lost. */
import { expect, test } from "vitest";
import { runCrash } from "../../soak/crash.ts";
import { createLedger } from "../../soak/ledger.ts";
import type { Message } from "../../soak/talk.ts";

test("what was acknowledged before a kill -9 is stored once and in order, and the session continues", async () => {
  const { kills, acknowledged, faults, readyMs } = await runCrash(10);
  expect(faults).toEqual([]);
  expect(kills).toBeGreaterThanOrEqual(10);
  // Each of the eight sessions got its last reply from a gateway that was killed before and not repaired.
  expect(acknowledged).toBeGreaterThanOrEqual(8);
  expect(Math.max(...readyMs)).toBeLessThan(60_000);
}, 600_000);

/** Tests the test rig itself. */
test("the ledger detects lost, duplicated, reordered, truncated and invented entries", () => {
  const ledger = createLedger("s");
  const turns = [ledger.ask(0), ledger.ask(0), ledger.ask(0)];
  const message = (role: Message["role"], text: string): Message => ({
    seq: 1,
    at: 1,
    runId: "run",
    role,
    content: [{ type: "text", text }],
  });
  const completeTurns = turns.map(({ roles, text, answer }) =>
    roles.map((role, index) => message(role, index === 0 ? text : index === roles.length - 1 ? answer : "")),
  );
  const [one = [], two = [], three = []] = completeTurns;
  const compare = (...parts: readonly (readonly Message[])[]): readonly string[] =>
    ledger.compare(parts.flat()).map((fault) => fault.split(": ")[1] ?? "");

  expect(compare(one, two, three)).toEqual([]);
  expect(compare(one, three.slice(0, 2))).toEqual([]);
  for (const turn of turns) turn.acknowledged = true;
  expect(compare(one, two, three)).toEqual([]);
  expect(compare(one, two)).toEqual(["lost"]);
  expect(compare(one, two, two, three)).toEqual(["doubled"]);
  expect(compare(one, three, two)).toEqual(["out of order"]);
  expect(compare(one, two, three.slice(0, 3))).toEqual([
    "user,assistant,tool,assistant became user,assistant,tool",
  ]);
  expect(compare(one, two, three, [message("user", "else")])).toEqual([
    expect.stringContaining("unknown message") as string,
  ]);
});
