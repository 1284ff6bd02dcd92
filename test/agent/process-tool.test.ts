import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { outputOf, processesWith, testExec, textOf, uniqueSleep, type TestExec } from "../support/exec.ts";

/** Starts a command in the background and gives its id. */
async function startIn(
  { exec }: TestExec,
  command: string,
  options: Parameters<TestExec["exec"]>[1] = {},
): Promise<string> {
  const { details } = await exec({ command, background: true }, options);
  return String(details?.["sessionId"]);
}

test("a command in the background is polled for what is new, until it has ended", async () => {
  const { exec, process: steer, folder } = testExec();
  const command = "echo one; until [ -e go ]; do sleep 0.05; done; echo two; exit 4";
  const begun = await exec({ command, background: true });
  const sessionId = begun.details?.["sessionId"];
  const poll = (waitMs: number): ReturnType<TestExec["process"]> =>
    steer({ action: "poll", sessionId, waitMs });
  let output = outputOf(begun);
  await expect
    .poll(async () => {
      const news = outputOf(await poll(0));
      return (output += news);
    })
    .toBe("one\n");
  const before = await poll(0);
  expect(textOf(before)).toBe("(no new output)\n\n(running)");
  expect(before.details).toMatchObject({ status: "running", sessionId, output: "", exitCode: null });
  writeFileSync(join(folder, "go"), "");
  const after = await poll(60_000);
  expect(textOf(after)).toMatch(/^two\n\n\(ended: exit code 4, after \d+\.\d s\)$/);
  expect(after.details).toMatchObject({ status: "ended", exitCode: 4, output: "two\n" });
  expect(outputOf(await poll(0))).toBe("");
});

test("a command that takes longer than it may goes on in the background with what it has said so far", async () => {
  const { exec, process: steer, folder } = testExec({ settings: { backgroundMs: 1_500 } });
  const command = "echo early; until [ -e go ]; do sleep 0.05; done; echo late";
  const moved = await exec({ command });
  expect(moved.isError).toBe(false);
  expect(textOf(moved)).toMatch(
    /runs in the background; its sessionId is exec_\w+\..*\n\nOutput so far:\nearly$/s,
  );
  expect(moved.details).toMatchObject({ status: "running", output: "early\n" });
  const sessionId = moved.details?.["sessionId"];
  expect(textOf(await steer({ action: "write", sessionId, data: "x" }))).toContain("reads no input");
  writeFileSync(join(folder, "go"), "");
  expect(outputOf(await steer({ action: "poll", sessionId, waitMs: 60_000 }))).toBe("late\n");
  expect((await exec({ command: "sleep 0.5; echo done", yieldMs: 60_000 })).details).toMatchObject({
    output: "done\n",
  });
});

test("without the tool `process` commands stay in the foreground", async () => {
  const { exec } = testExec({ settings: { backgroundMs: 50 }, mayUseProcess: false });
  expect(outputOf(await exec({ command: "sleep 0.4; echo done", yieldMs: 10 }))).toBe("done\n");
  const refused = await exec({ command: "echo a", background: true });
  expect(refused.isError).toBe(true);
  expect(textOf(refused)).toContain("Without the tool `process`");
});

test("a command in the background is written to, and its input is ended", async () => {
  const made = testExec();
  const { process: steer } = made;
  const sessionId = await startIn(made, "while read line; do echo got $line; done; echo over");
  expect(textOf(await steer({ action: "write", sessionId, data: "first\n" }))).toBe("Written: 6 bytes.");
  await expect.poll(async () => outputOf(await steer({ action: "log", sessionId }))).toBe("got first\n");
  await steer({ action: "write", sessionId, data: "zweite ü\n", eof: true });
  const end = await steer({ action: "poll", sessionId, waitMs: 60_000 });
  expect(end.details).toMatchObject({ status: "ended", exitCode: 0 });
  expect(outputOf(await steer({ action: "log", sessionId }))).toBe("got first\ngot zweite ü\nover\n");
  const late = await steer({ action: "write", sessionId, data: "more" });
  expect(late.isError).toBe(true);
  expect(textOf(late)).toContain("The command is over");
});

test("who does not read is not given more and more", async () => {
  const made = testExec();
  const sessionId = await startIn(made, uniqueSleep());
  const data = "x".repeat(1_000_000);
  await made.process({ action: "write", sessionId, data });
  const second = await made.process({ action: "write", sessionId, data });
  expect(textOf(second)).toContain("has not read what it was given");
});

test.skipIf(process.platform !== "linux")(
  "kill ends a command and all it has started; remove forgets it",
  async () => {
    const made = testExec();
    const { process: steer } = made;
    const [nap, left] = [uniqueSleep(), uniqueSleep()];
    const sessionId = await startIn(made, `(setsid ${left} &); ${nap}; true`);
    await expect.poll(() => [nap, left].map(processesWith)).toEqual([1, 1]);
    const killed = await steer({ action: "kill", sessionId });
    expect(textOf(killed)).toMatch(/^The command is over: it was killed, after/);
    expect([nap, left].map(processesWith)).toEqual([0, 0]);
    expect(textOf(await steer({ action: "list" }))).toContain(sessionId);
    await steer({ action: "remove", sessionId });
    expect(textOf(await steer({ action: "list" }))).toBe("No command is in the background.");
    expect(textOf(await steer({ action: "poll", sessionId }))).toContain("There is no command");
  },
);

test("list shows the commands in the background, log the lines of their output", async () => {
  const made = testExec();
  const { process: steer } = made;
  const sessionId = await startIn(made, "seq 1000;\n  exit 2");
  await steer({ action: "poll", sessionId, waitMs: 60_000 });
  const list = await steer({ action: "list" });
  expect(textOf(list)).toMatch(
    new RegExp(`^${sessionId}  ended: exit code 2, after .* s  seq 1000; exit 2$`),
  );
  expect(list.details).toMatchObject({ commands: [{ sessionId, status: "ended", exitCode: 2 }] });
  const last = await steer({ action: "log", sessionId, limit: 2 });
  expect(textOf(last)).toMatch(/^999\n1000\n\n\(ended/);
  const some = await steer({ action: "log", sessionId, offset: 10, limit: 2 });
  expect(textOf(some)).toMatch(/^10\n11\n\n\[Lines 10 to 11 of 1000\. Go on with offset 12\.\]/);
});

test("commands belong to an agent and a credential; for others they do not exist", async () => {
  const made = testExec();
  const { process: steer } = made;
  const sessionId = await startIn(made, uniqueSleep());
  for (const other of [{ agentId: "second" }, { credential: "guest" }]) {
    expect(textOf(await steer({ action: "list" }, other))).toBe("No command is in the background.");
    for (const action of ["poll", "log", "write", "kill", "remove"]) {
      const refused = await steer({ action, sessionId }, other);
      expect(refused.isError).toBe(true);
      expect(textOf(refused)).toContain("There is no command");
    }
  }
  expect(textOf(await steer({ action: "list" }))).toContain(sessionId);
});

test("when the caller leaves, the commands that its run has put into the background end too", async () => {
  const made = testExec();
  const [its, other] = [uniqueSleep(), uniqueSleep()];
  const leaving = new AbortController();
  await startIn(made, `${its}; true`, { signal: leaving.signal });
  await startIn(made, `${other}; true`);
  await expect.poll(() => [its, other].map(processesWith)).toEqual([1, 1]);
  leaving.abort();
  await expect.poll(() => processesWith(its), { timeout: 3_000 }).toBe(0);
  expect(processesWith(other)).toBe(1);
});

test("what a command in the background leaves behind lives as long as it holds the output", async () => {
  const made = testExec();
  const nap = uniqueSleep();
  const sessionId = await startIn(made, `${nap} & echo started`);
  await expect.poll(() => processesWith(nap)).toBe(1);
  const { details } = await made.process({ action: "poll", sessionId, waitMs: 500 });
  expect(details).toMatchObject({ status: "running" });
  await made.process({ action: "kill", sessionId });
  expect(processesWith(nap)).toBe(0);
  const silent = uniqueSleep();
  const second = await startIn(made, `${silent} >/dev/null 2>&1 & echo started`);
  const end = await made.process({ action: "poll", sessionId: second, waitMs: 60_000 });
  expect(end.details).toMatchObject({ status: "ended", exitCode: 0 });
  expect(processesWith(silent)).toBe(0);
});

test("a command in the background whose shell is gone at once leaves behind what it was to leave, every time", async () => {
  const made = testExec();
  for (let round = 0; round < 10; round += 1) {
    const nap = uniqueSleep();
    const sessionId = await startIn(made, `${nap} &`);
    const { details } = await made.process({ action: "poll", sessionId, waitMs: 300 });
    expect([round, details?.["status"]]).toEqual([round, "running"]);
    expect(processesWith(nap)).toBe(1);
    await made.process({ action: "kill", sessionId });
  }
});

test("a command in the background has its time too", async () => {
  const { exec, process: steer } = testExec();
  const { details } = await exec({ command: uniqueSleep(), background: true, timeout: 1 });
  const end = await steer({ action: "poll", sessionId: details?.["sessionId"], waitMs: 60_000 });
  expect(end.details).toMatchObject({ status: "ended", timedOut: true });
});

test("an agent has sixteen commands in the background at most", async () => {
  const made = testExec();
  const nap = uniqueSleep();
  const ids = await Promise.all(Array.from({ length: 20 }, () => startIn(made, nap)));
  expect(ids.filter((id) => id.startsWith("exec_"))).toHaveLength(16);
  await expect.poll(() => processesWith(nap)).toBe(16);
  const refused = await made.exec({ command: nap, background: true });
  expect(textOf(refused)).toContain("16 commands run in the background already");
  const first = ids.find((id) => id.startsWith("exec_"));
  await made.process({ action: "kill", sessionId: first });
  expect(await startIn(made, nap)).toMatch(/^exec_/);
  const other = await made.exec({ command: nap, background: true }, { agentId: "second" });
  expect(other.isError).toBe(false);
});

test("ended commands are kept for half an hour, and sixteen of them at most", async () => {
  let now = 1_000_000;
  const made = testExec({ clock: () => now });
  for (let round = 0; round < 18; round += 1) {
    const sessionId = await startIn(made, `exit ${round}`);
    await made.process({ action: "poll", sessionId, waitMs: 60_000 });
  }
  const codes = async (): Promise<readonly unknown[]> => {
    const { details = {} } = await made.process({ action: "list" });
    return (details["commands"] as readonly { exitCode: number }[]).map(({ exitCode }) => exitCode);
  };
  expect(await codes()).toEqual(Array.from({ length: 16 }, (_, index) => index + 2));
  now += 31 * 60_000;
  expect(await codes()).toEqual([]);
});

test("polls may be repeated, and end with their run", async () => {
  const made = testExec();
  const sessionId = await startIn(made, uniqueSleep());
  const leaving = new AbortController();
  const polling = made.process({ action: "poll", sessionId, waitMs: 100_000 }, { signal: leaving.signal });
  leaving.abort();
  expect((await polling).details).toMatchObject({ status: "running" });
});
