/** The gateway is killed at random moments while sessions talk, and started again: nothing acknowledged is lost. */
import { expect, test } from "vitest";
import { runCrash } from "../../soak/crash.ts";
import { createLedger } from "../../soak/ledger.ts";
import type { Message } from "../../soak/talk.ts";

test("what was acknowledged before a kill -9 is there once and in order, and the session goes on", async () => {
  const { kills, acknowledged, faults, readyMs } = await runCrash(10);
  expect(faults).toEqual([]);
  expect(kills).toBeGreaterThanOrEqual(10);
  // Each of the eight sessions was given its last answer by a gateway that had not been repaired.
  expect(acknowledged).toBeGreaterThanOrEqual(8);
  expect(Math.max(...readyMs)).toBeLessThan(20_000);
}, 240_000);

/** The rig is worth what it notices. */
test("the ledger tells what a history has lost, doubled, moved, cut or made up", () => {
  const ledger = createLedger("s");
  const turns = [ledger.ask(0), ledger.ask(0), ledger.ask(0)];
  const message = (role: Message["role"], text: string): Message => ({
    seq: 1,
    at: 1,
    runId: "run",
    role,
    content: [{ type: "text", text }],
  });
  const whole = turns.map(({ roles, text, answer }) =>
    roles.map((role, index) => message(role, index === 0 ? text : index === roles.length - 1 ? answer : "")),
  );
  const [one = [], two = [], three = []] = whole;
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
    expect.stringContaining("nobody said") as string,
  ]);
});
