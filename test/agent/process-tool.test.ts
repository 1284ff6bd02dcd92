import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  readOutput,
  countProcesses,
  createTestExec,
  readText,
  createUniqueSleep,
  type TestExec,
} from "../support/tools/exec.ts";

/** Starts a background command and returns its id. */
async function startIn(
  { exec }: TestExec,
  command: string,
  options: Parameters<TestExec["exec"]>[1] = {},
): Promise<string> {
  const { details } = await exec({ command, background: true }, options);
  return String(details?.["sessionId"]);
}

test("a background command can be polled for new output until it has ended", async () => {
  const { exec, process: steer, folder } = createTestExec();
  const command = "echo one; until [ -e go ]; do sleep 0.05; done; echo two; exit 4";
  const started = await exec({ command, background: true });
  const sessionId = started.details?.["sessionId"];
  const poll = (waitMs: number): ReturnType<TestExec["process"]> =>
    steer({ action: "poll", sessionId, waitMs });
  let output = readOutput(started);
  await expect
    .poll(async () => {
      const news = readOutput(await poll(0));
      return (output += news);
    })
    .toBe("one\n");
  const before = await poll(0);
  expect(readText(before)).toBe("(no new output)\n\n(running)");
  expect(before.details).toMatchObject({ status: "running", sessionId, output: "", exitCode: null });
  writeFileSync(join(folder, "go"), "");
  const after = await poll(60_000);
  expect(readText(after)).toMatch(/^two\n\n\(ended: exit code 4, after \d+\.\d s\)$/);
  expect(after.details).toMatchObject({ status: "ended", exitCode: 4, output: "two\n" });
  expect(readOutput(await poll(0))).toBe("");
});

test("a command that takes longer than backgroundMs moves to the background, and the result has its output so far", async () => {
  const { exec, process: steer, folder } = createTestExec({ settings: { backgroundMs: 4_000 } });
  const command = "echo early; until [ -e go ]; do sleep 0.05; done; echo late";
  const started = await exec({ command });
  expect(started.isError).toBe(false);
  expect(readText(started)).toMatch(
    /runs in the background; its sessionId is exec_\w+\..*\n\nOutput so far:\nearly$/s,
  );
  expect(started.details).toMatchObject({ status: "running", output: "early\n" });
  const sessionId = started.details?.["sessionId"];
  expect(readText(await steer({ action: "write", sessionId, data: "x" }))).toContain("reads no input");
  writeFileSync(join(folder, "go"), "");
  expect(readOutput(await steer({ action: "poll", sessionId, waitMs: 60_000 }))).toBe("late\n");
  expect((await exec({ command: "sleep 0.5; echo done", yieldMs: 60_000 })).details).toMatchObject({
    output: "done\n",
  });
});

test("without the tool `process` commands stay in the foreground", async () => {
  const { exec } = createTestExec({ settings: { backgroundMs: 50 }, mayUseProcess: false });
  expect(readOutput(await exec({ command: "sleep 0.4; echo done", yieldMs: 10 }))).toBe("done\n");
  const rejected = await exec({ command: "echo a", background: true });
  expect(rejected.isError).toBe(true);
  expect(readText(rejected)).toContain("Without the tool `process`");
});

test("a background command gets input and the end of its input", async () => {
  const testTools = createTestExec();
  const { process: steer } = testTools;
  const sessionId = await startIn(testTools, "while read line; do echo got $line; done; echo over");
  expect(readText(await steer({ action: "write", sessionId, data: "first\n" }))).toBe("Written: 6 bytes.");
  await expect.poll(async () => readOutput(await steer({ action: "log", sessionId }))).toBe("got first\n");
  await steer({ action: "write", sessionId, data: "zweite ü\n", eof: true });
  const end = await steer({ action: "poll", sessionId, waitMs: 60_000 });
  expect(end.details).toMatchObject({ status: "ended", exitCode: 0 });
  expect(readOutput(await steer({ action: "log", sessionId }))).toBe("got first\ngot zweite ü\nover\n");
  const late = await steer({ action: "write", sessionId, data: "more" });
  expect(late.isError).toBe(true);
  expect(readText(late)).toContain("The command has ended");
});

test("input is limited while the command does not read it", async () => {
  const testTools = createTestExec();
  const sessionId = await startIn(testTools, createUniqueSleep());
  const data = "x".repeat(1_000_000);
  await testTools.process({ action: "write", sessionId, data });
  const second = await testTools.process({ action: "write", sessionId, data });
  expect(readText(second)).toContain("has not read its earlier input");
});

test.skipIf(process.platform !== "linux")(
  "kill ends a command and all it has started; remove forgets it",
  async () => {
    const testTools = createTestExec();
    const { process: steer } = testTools;
    const [nap, left] = [createUniqueSleep(), createUniqueSleep()];
    const sessionId = await startIn(testTools, `(setsid ${left} &); ${nap}; true`);
    await expect.poll(() => [nap, left].map(countProcesses)).toEqual([1, 1]);
    const killed = await steer({ action: "kill", sessionId });
    expect(readText(killed)).toMatch(/^The command has ended: it was killed, after/);
    expect([nap, left].map(countProcesses)).toEqual([0, 0]);
    expect(readText(await steer({ action: "list" }))).toContain(sessionId);
    await steer({ action: "remove", sessionId });
    expect(readText(await steer({ action: "list" }))).toBe("There are no background commands.");
    expect(readText(await steer({ action: "poll", sessionId }))).toContain("There is no command");
  },
);

test("list returns the background commands, log the lines of their output", async () => {
  const testTools = createTestExec();
  const { process: steer } = testTools;
  const sessionId = await startIn(testTools, "seq 1000;\n  exit 2");
  await steer({ action: "poll", sessionId, waitMs: 60_000 });
  const list = await steer({ action: "list" });
  expect(readText(list)).toMatch(
    new RegExp(`^${sessionId}  ended: exit code 2, after .* s  seq 1000; exit 2$`),
  );
  expect(list.details).toMatchObject({ commands: [{ sessionId, status: "ended", exitCode: 2 }] });
  const last = await steer({ action: "log", sessionId, limit: 2 });
  expect(readText(last)).toMatch(/^999\n1000\n\n\(ended/);
  const some = await steer({ action: "log", sessionId, offset: 10, limit: 2 });
  expect(readText(some)).toMatch(/^10\n11\n\n\[Lines 10 to 11 of 1000\. Continue with offset 12\.\]/);
});

test("commands belong to an agent and a credential; others do not see them", async () => {
  const testTools = createTestExec();
  const { process: steer } = testTools;
  const sessionId = await startIn(testTools, createUniqueSleep());
  for (const other of [{ agentId: "second" }, { credential: "guest" }]) {
    expect(readText(await steer({ action: "list" }, other))).toBe("There are no background commands.");
    for (const action of ["poll", "log", "write", "kill", "remove"]) {
      const rejected = await steer({ action, sessionId }, other);
      expect(rejected.isError).toBe(true);
      expect(readText(rejected)).toContain("There is no command");
    }
  }
  expect(readText(await steer({ action: "list" }))).toContain(sessionId);
});

test("an abort of the run ends its background commands too", async () => {
  const testTools = createTestExec();
  const [its, other] = [createUniqueSleep(), createUniqueSleep()];
  const controller = new AbortController();
  await startIn(testTools, `${its}; true`, { signal: controller.signal });
  await startIn(testTools, `${other}; true`);
  await expect.poll(() => [its, other].map(countProcesses)).toEqual([1, 1]);
  controller.abort();
  await expect.poll(() => countProcesses(its)).toBe(0);
  expect(countProcesses(other)).toBe(1);
});

test("a child of a background command can outlive its shell while it holds the output", async () => {
  const testTools = createTestExec();
  const sleepCommand = createUniqueSleep();
  const sessionId = await startIn(testTools, `${sleepCommand} & echo started`);
  await expect.poll(() => countProcesses(sleepCommand)).toBe(1);
  const { details } = await testTools.process({ action: "poll", sessionId, waitMs: 500 });
  expect(details).toMatchObject({ status: "running" });
  await testTools.process({ action: "kill", sessionId });
  expect(countProcesses(sleepCommand)).toBe(0);
  const silent = createUniqueSleep();
  const second = await startIn(testTools, `${silent} >/dev/null 2>&1 & echo started`);
  const end = await testTools.process({ action: "poll", sessionId: second, waitMs: 60_000 });
  expect(end.details).toMatchObject({ status: "ended", exitCode: 0 });
  expect(countProcesses(silent)).toBe(0);
});

test("a background command whose shell exits at once keeps its child every time", async () => {
  const testTools = createTestExec();
  for (let round = 0; round < 10; round += 1) {
    const sleepCommand = createUniqueSleep();
    const sessionId = await startIn(testTools, `${sleepCommand} &`);
    const { details } = await testTools.process({ action: "poll", sessionId, waitMs: 300 });
    expect([round, details?.["status"]]).toEqual([round, "running"]);
    expect(countProcesses(sleepCommand)).toBe(1);
    await testTools.process({ action: "kill", sessionId });
  }
});

test("a background command has a timeout too", async () => {
  const { exec, process: steer } = createTestExec();
  const { details } = await exec({ command: createUniqueSleep(), background: true, timeout: 1 });
  const end = await steer({ action: "poll", sessionId: details?.["sessionId"], waitMs: 60_000 });
  expect(end.details).toMatchObject({ status: "ended", timedOut: true });
});

test("an agent has at most sixteen running background commands", async () => {
  const testTools = createTestExec();
  const sleepCommand = createUniqueSleep();
  const ids = await Promise.all(Array.from({ length: 20 }, () => startIn(testTools, sleepCommand)));
  expect(ids.filter((id) => id.startsWith("exec_"))).toHaveLength(16);
  await expect.poll(() => countProcesses(sleepCommand)).toBe(16);
  const rejected = await testTools.exec({ command: sleepCommand, background: true });
  expect(readText(rejected)).toContain("16 commands already run in the background");
  const first = ids.find((id) => id.startsWith("exec_"));
  await testTools.process({ action: "kill", sessionId: first });
  expect(await startIn(testTools, sleepCommand)).toMatch(/^exec_/);
  const other = await testTools.exec({ command: sleepCommand, background: true }, { agentId: "second" });
  expect(other.isError).toBe(false);
});

test("at most sixteen ended commands are kept, for half an hour", async () => {
  let now = 1_000_000;
  const testTools = createTestExec({ clock: () => now });
  for (let round = 0; round < 18; round += 1) {
    const sessionId = await startIn(testTools, `exit ${round}`);
    await testTools.process({ action: "poll", sessionId, waitMs: 60_000 });
  }
  const codes = async (): Promise<readonly unknown[]> => {
    const { details = {} } = await testTools.process({ action: "list" });
    return (details["commands"] as readonly { exitCode: number }[]).map(({ exitCode }) => exitCode);
  };
  expect(await codes()).toEqual(Array.from({ length: 16 }, (_, index) => index + 2));
  now += 31 * 60_000;
  expect(await codes()).toEqual([]);
});

test("polls can be repeated, and end with their run", async () => {
  const testTools = createTestExec();
  const sessionId = await startIn(testTools, createUniqueSleep());
  const controller = new AbortController();
  const polling = testTools.process(
    { action: "poll", sessionId, waitMs: 100_000 },
    { signal: controller.signal },
  );
  controller.abort();
  expect((await polling).details).toMatchObject({ status: "running" });
});
