import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { createCommandGroups } from "../../server/agent/exec/command-groups.ts";
import { countProcesses, createTestExec, readText, createUniqueSleep } from "../support/tools/exec.ts";

const onLinux = test.skipIf(process.platform !== "linux");

/** Starts the command, aborts it when its processes run, and returns the milliseconds until its end and the result. */
async function abortOnceRunning(
  command: string,
  processes: readonly string[],
): Promise<{ readonly ms: number; readonly text: string }> {
  const { exec } = createTestExec();
  const controller = new AbortController();
  const running = exec({ command }, { signal: controller.signal });
  await expect.poll(() => processes.map(countProcesses), { interval: 50 }).toEqual(processes.map(() => 1));
  const startedAt = performance.now();
  controller.abort();
  const result = await running;
  const ms = performance.now() - startedAt;
  expect(result.isError).toBe(true);
  expect(processes.map(countProcesses)).toEqual(processes.map(() => 0));
  return { ms, text: readText(result) };
}

onLinux(
  "when the caller leaves, the command and those who left its group are gone, ten times out of ten",
  async () => {
    for (let round = 0; round < 10; round += 1) {
      const [inside, outside] = [createUniqueSleep(), createUniqueSleep()];
      await abortOnceRunning(`${inside} & setsid ${outside}`, [inside, outside]);
    }
  },
);

test("an abort ends the command and its children", async () => {
  const sleepCommand = createUniqueSleep();
  const { text } = await abortOnceRunning(`echo begun; ${sleepCommand}; true`, [sleepCommand]);
  expect(text).toMatch(/^The command was ended: the run was aborted, after \d+\.\d s\.\n\nbegun$/);
});

onLinux("an abort ends a child that forked twice into its own session", async () => {
  const sleepCommand = createUniqueSleep();
  await abortOnceRunning(`(setsid sh -c '(${sleepCommand} </dev/null >/dev/null 2>&1 &)'); sleep 20`, [
    sleepCommand,
  ]);
});

onLinux("a child without environment is found by its parent or its session", async () => {
  const [child, member] = [createUniqueSleep(), createUniqueSleep()];
  const command = `env -i setsid ${child} & env -i sh -c '${member} & exit' & wait; sleep 20`;
  await abortOnceRunning(command, [child, member]);
});

const probe = createCommandGroups()("probe");
probe?.remove();
if (probe === undefined) console.log("skipped here: no control groups can be created");

const findGroup = `$(awk '/ - cgroup2 /{print $5}' /proc/self/mountinfo)$(sed -n s/^0:://p /proc/self/cgroup)`;

test.skipIf(probe === undefined)(
  "a child that has left its parent, its session and its environment is in the group of its command",
  async () => {
    const [orphan, divided] = [createUniqueSleep(), createUniqueSleep()];
    const leave = (command: string): string =>
      `env -i setsid sh -c '(${command} &)' </dev/null >/dev/null 2>&1`;
    const divide = `group=${findGroup}; mkdir $group/part; echo 0 >$group/part/cgroup.procs`;
    const commands = [leave(orphan), `(${divide}; ${leave(divided)})`, "sleep 20"];
    await abortOnceRunning(commands.join("; "), [orphan, divided]);
    expect(existsSync(dirname(dirname(probe?.joinFile ?? "")))).toBe(false);
  },
);

test("a process that ignores SIGTERM is killed after two seconds", async () => {
  const sleepCommand = createUniqueSleep();
  const { ms } = await abortOnceRunning(`trap '' TERM; ${sleepCommand}; ${sleepCommand}`, [sleepCommand]);
  expect(ms).toBeGreaterThan(1_900);
});

test("a program gets one SIGTERM and time to clean up, and its last output is kept", async () => {
  const { exec } = createTestExec();
  const controller = new AbortController();
  const command = "trap 'echo cleaning; sleep 0.3; echo clean; exit' TERM; echo up; sleep 20 & wait";
  let output = "";
  const running = exec({ command }, { signal: controller.signal, report: (text) => (output += text) });
  await expect.poll(() => output).toBe("up\n");
  controller.abort();
  expect(readText(await running)).toMatch(/up\ncleaning\nclean$/);
});

test("a command that exceeds its timeout is ended, and the result begins with the reason", async () => {
  const { exec } = createTestExec();
  const sleepCommand = createUniqueSleep();
  const result = await exec({ command: `echo before; ${sleepCommand}`, timeout: 1 });
  expect(result.isError).toBe(true);
  expect(readText(result)).toMatch(/^The command was ended: it took too long, after \d+\.\d s\.\n\nbefore$/);
  expect(result.details).toMatchObject({ timedOut: true, signal: "SIGTERM", exitCode: null });
  expect(countProcesses(sleepCommand)).toBe(0);
});

test("a command without a timeout has the configured one", async () => {
  const { exec } = createTestExec({ settings: { timeoutSeconds: 1 } });
  expect((await exec({ command: createUniqueSleep() })).details).toMatchObject({ timedOut: true });
});

test("no command starts after the abort", async () => {
  const { exec } = createTestExec();
  await expect(exec({ command: "touch made" }, { signal: AbortSignal.abort() })).rejects.toThrow();
  expect((await exec({ command: "ls" })).details).toMatchObject({ output: "" });
});

test("an abort during the start leaves no process behind", async () => {
  const { exec } = createTestExec();
  const sleepCommand = createUniqueSleep();
  const rounds = Array.from({ length: 20 }, async (_, index) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), index * 2);
    await exec({ command: sleepCommand }, { signal: controller.signal }).catch(() => {});
  });
  await Promise.all(rounds);
  expect(countProcesses(sleepCommand)).toBe(0);
});

test("child processes end with their command, whether they hold the output or not", async () => {
  const { exec } = createTestExec();
  const [loud, silent] = [createUniqueSleep(), createUniqueSleep()];
  const result = await exec({ command: `${loud} & ${silent} </dev/null >/dev/null 2>&1 & echo started` });
  expect(result.details).toMatchObject({ exitCode: 0, output: "started\n", timedOut: false });
  expect([loud, silent].map(countProcesses)).toEqual([0, 0]);
});

test("output that is written after the shell has ended is not lost", async () => {
  const { exec } = createTestExec();
  const result = await exec({ command: "seq 20000 | (sleep 0.03; cat) & seq 20000" });
  expect(String(result.details?.["output"]).split("\n")).toHaveLength(40_001);
});

onLinux("a process that cannot be found does not delay the result", async () => {
  const { exec } = createTestExec();
  const sleepCommand = createUniqueSleep(40);
  // Forked twice, in its own session, without the mark: it keeps the output open.
  const result = await exec({
    command: `env -i setsid sh -c '(setsid ${sleepCommand} &)'; sleep 0.3; echo done`,
  });
  expect(result.details).toMatchObject({ exitCode: 0, output: "done\n" });
  expect(result.details?.["durationMs"]).toBeLessThan(40_000);
});

test("when the gateway stops, all commands end and none starts", async () => {
  const { exec, close } = createTestExec();
  const sleepCommands = [createUniqueSleep(), createUniqueSleep()];
  const foreground = exec({ command: `${sleepCommands[0]}; true` });
  await exec({ command: `${sleepCommands[1]}; true`, background: true });
  await expect.poll(() => sleepCommands.map(countProcesses)).toEqual([1, 1]);
  await close();
  expect(sleepCommands.map(countProcesses)).toEqual([0, 0]);
  expect(readText(await foreground)).toContain("the gateway is stopping");
  await expect(exec({ command: "true" })).rejects.toThrow("The gateway is stopping.");
});

onLinux("children that leave the process group during termination are ended", async () => {
  const { exec } = createTestExec();
  const sleepCommand = createUniqueSleep();
  const command = `trap '' TERM; while :; do setsid ${sleepCommand} & sleep 0.02; done`;
  const result = await exec({ command, timeout: 1 });
  expect(result.details).toMatchObject({ timedOut: true });
  await expect.poll(() => countProcesses(sleepCommand)).toBe(0);
});
