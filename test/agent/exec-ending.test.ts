import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { processesWith, testExec, textOf, uniqueSleep } from "../support/exec.ts";

const onLinux = test.skipIf(process.platform !== "linux");

/** Starts the command, aborts it once its processes are there, and tells how long it took to end. */
async function abortOnceRunning(
  command: string,
  processes: readonly string[],
): Promise<{ readonly ms: number; readonly text: string }> {
  const { exec } = testExec();
  const leaving = new AbortController();
  const running = exec({ command }, { signal: leaving.signal });
  await expect.poll(() => processes.map(processesWith), { interval: 50 }).toEqual(processes.map(() => 1));
  const startedAt = performance.now();
  leaving.abort();
  const result = await running;
  expect(result.isError).toBe(true);
  expect(processes.map(processesWith)).toEqual(processes.map(() => 0));
  return { ms: performance.now() - startedAt, text: textOf(result) };
}

onLinux(
  "when the caller leaves, the command and those who left its group are gone, ten times out of ten",
  async () => {
    for (let round = 0; round < 10; round += 1) {
      const [inside, outside] = [uniqueSleep(), uniqueSleep()];
      const { ms } = await abortOnceRunning(`${inside} & setsid ${outside}`, [inside, outside]);
      expect(ms).toBeLessThan(3_000);
    }
  },
  60_000,
);

test("when the caller leaves, the command and its children are gone", async () => {
  const nap = uniqueSleep();
  const { text } = await abortOnceRunning(`echo begun; ${nap}; true`, [nap]);
  expect(text).toMatch(/^The command was ended: the run was aborted, after \d+\.\d s\.\n\nbegun$/);
});

onLinux("a child that forked twice into a session of its own is gone too", async () => {
  const nap = uniqueSleep();
  await abortOnceRunning(`(setsid sh -c '(${nap} </dev/null >/dev/null 2>&1 &)'); sleep 20`, [nap]);
});

onLinux("a child that removed its environment is found by its parent or its session", async () => {
  const [child, member] = [uniqueSleep(), uniqueSleep()];
  const command = `env -i setsid ${child} & env -i sh -c '${member} & exit' & wait; sleep 20`;
  await abortOnceRunning(command, [child, member]);
});

test("who ignores TERM is killed two seconds later", async () => {
  const nap = uniqueSleep();
  const { ms } = await abortOnceRunning(`trap '' TERM; ${nap}; ${nap}`, [nap]);
  expect(ms).toBeGreaterThan(1_900);
  expect(ms).toBeLessThan(20_000);
});

test("a program has time to clean up, is told once, and what it says then is heard", async () => {
  const { exec } = testExec();
  const leaving = new AbortController();
  const command = "trap 'echo cleaning; sleep 0.3; echo clean; exit' TERM; echo up; sleep 20 & wait";
  let heard = "";
  const running = exec({ command }, { signal: leaving.signal, report: (text) => (heard += text) });
  await expect.poll(() => heard).toBe("up\n");
  leaving.abort();
  expect(textOf(await running)).toMatch(/up\ncleaning\nclean$/);
});

test("a command that takes too long is ended, and the result says so first", async () => {
  const { exec } = testExec();
  const nap = uniqueSleep();
  const result = await exec({ command: `echo before; ${nap}`, timeout: 1 });
  expect(result.isError).toBe(true);
  expect(textOf(result)).toMatch(/^The command was ended: it took too long, after \d+\.\d s\.\n\nbefore$/);
  expect(result.details).toMatchObject({ timedOut: true, signal: "SIGTERM", exitCode: null });
  expect(processesWith(nap)).toBe(0);
});

test("without a time of its own a command has that of the configuration", async () => {
  const { exec } = testExec({ settings: { timeoutSeconds: 1 } });
  expect((await exec({ command: uniqueSleep() })).details).toMatchObject({ timedOut: true });
});

test("nothing starts for a caller who has left before", async () => {
  const { exec } = testExec();
  await expect(exec({ command: "touch made" }, { signal: AbortSignal.abort() })).rejects.toThrow();
  expect((await exec({ command: "ls" })).details).toMatchObject({ output: "" });
});

test("who leaves while the command is being started leaves nothing behind", async () => {
  const { exec } = testExec();
  const nap = uniqueSleep();
  const rounds = Array.from({ length: 20 }, async (_, index) => {
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), index * 2);
    await exec({ command: nap }, { signal: leaving.signal }).catch(() => {});
  });
  await Promise.all(rounds);
  expect(processesWith(nap)).toBe(0);
});

test("what a command leaves behind ends with it, whether it holds the output or not", async () => {
  const { exec } = testExec();
  const [loud, silent] = [uniqueSleep(), uniqueSleep()];
  const result = await exec({ command: `${loud} & ${silent} </dev/null >/dev/null 2>&1 & echo started` });
  expect(result.details).toMatchObject({ exitCode: 0, output: "started\n", timedOut: false });
  expect(result.details?.["durationMs"]).toBeLessThan(20_000);
  expect([loud, silent].map(processesWith)).toEqual([0, 0]);
});

test("what is still to be written when the shell ends is not lost", async () => {
  const { exec } = testExec();
  const result = await exec({ command: "seq 20000 | (sleep 0.03; cat) & seq 20000" });
  expect(String(result.details?.["output"]).split("\n")).toHaveLength(40_001);
});

onLinux("who cannot be found any more holds nothing up", async () => {
  const { exec } = testExec();
  const nap = uniqueSleep(8);
  // Twice forked, in a session of its own, without the mark: it keeps the output open.
  const result = await exec({ command: `env -i setsid sh -c '(setsid ${nap} &)'; sleep 0.3; echo done` });
  expect(result.details).toMatchObject({ exitCode: 0, output: "done\n" });
  expect(result.details?.["durationMs"]).toBeLessThan(7_000);
});

test("when the gateway stops, all commands end and none starts", async () => {
  const { exec, close } = testExec();
  const naps = [uniqueSleep(), uniqueSleep()];
  const foreground = exec({ command: `${naps[0]}; true` });
  await exec({ command: `${naps[1]}; true`, background: true });
  await expect.poll(() => naps.map(processesWith)).toEqual([1, 1]);
  await close();
  expect(naps.map(processesWith)).toEqual([0, 0]);
  expect(textOf(await foreground)).toContain("the gateway is stopping");
  await expect(exec({ command: "true" })).rejects.toThrow("The gateway is stopping.");
});

onLinux("children that keep leaving the group while they are being ended are caught", async () => {
  const { exec } = testExec();
  const nap = uniqueSleep();
  const command = `trap '' TERM; while :; do setsid ${nap} & sleep 0.02; done`;
  const result = await exec({ command, timeout: 1 });
  expect(result.details).toMatchObject({ timedOut: true });
  await sleep(200);
  expect(processesWith(nap)).toBe(0);
});
