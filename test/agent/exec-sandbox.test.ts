import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { hasBubblewrap } from "../support/tools/bubblewrap.ts";
import {
  readOutput,
  countProcesses,
  createTestExec,
  readText,
  createUniqueSleep,
  type TestExec,
} from "../support/tools/exec.ts";

const sandboxed = test.skipIf(!hasBubblewrap);

/** The workspace is in the state folder, beside the token; the configuration is in another folder. */
function createSandboxedExec(env: NodeJS.ProcessEnv = {}): TestExec {
  const testTools = createTestExec({
    settings: { sandbox: "bwrap" },
    env,
    hidden: (outside) => [outside, join(outside, "work/openclaw.json"), join(outside, "missing")],
  });
  mkdirSync(testTools.folder);
  writeFileSync(join(testTools.parentFolder, "token"), "canary-token");
  writeFileSync(join(testTools.folder, "openclaw.json"), "canary-config");
  return testTools;
}

sandboxed("neither the token file nor the gateway's environment can be read", async () => {
  const { exec, parentFolder, folder } = createSandboxedExec({ FAVOURITE: "canary-environment" });
  expect(readFileSync(join(parentFolder, "token"), "utf8")).toBe("canary-token");
  const attempts = [
    `cat ${parentFolder}/token`,
    `cat ${folder}/openclaw.json`,
    `grep -r canary ${parentFolder}`,
    `cat /proc/${process.pid}/environ`,
    `cat /proc/${process.pid}/root${parentFolder}/token`,
    `ls /proc/${process.pid}`,
    "cat /proc/[0-9]*/environ",
    "cat /proc/[0-9]*/cmdline",
    "env",
    `umount ${parentFolder} && cat ${parentFolder}/token`,
    `mount -t proc proc /proc; cat /proc/${process.pid}/environ`,
    `nsenter -t 1 -a cat ${parentFolder}/token`,
    `unshare -r umount ${parentFolder}; cat ${parentFolder}/token`,
  ];
  for (const command of attempts) {
    const output = readOutput(await exec({ command }));
    // The command line itself appears in the process list.
    expect(output.replaceAll("grep -r canary", ""), command).not.toContain("canary-");
  }
  const { details } = await exec({ command: `kill -0 ${process.pid}` });
  expect(details?.["exitCode"]).not.toBe(0);
});

sandboxed("home, /tmp and /run are empty, and the disk is read-only", async () => {
  const { exec } = createSandboxedExec();
  const command = "touch /usr/made /etc/made; ls -A /tmp /run; touch /tmp/mine && echo tmp";
  const output = readOutput(await exec({ command }));
  expect(output).toMatch(/Read-only file system/);
  expect(output).toMatch(/tmp\n$/);
  expect(readOutput(await exec({ command: "ls /tmp" }))).not.toContain("mine");
});

sandboxed("the workspace is writable and is the working folder", async () => {
  const { exec, folder } = createSandboxedExec();
  mkdirSync(join(folder, "sub"));
  expect(readOutput(await exec({ command: "pwd; echo made > file", workdir: "sub" }))).toBe(
    `${folder}/sub\n`,
  );
  expect(readFileSync(join(folder, "sub/file"), "utf8")).toBe("made\n");
});

sandboxed("there is no network, not even the machine's loopback", async () => {
  const server = createServer((socket) => socket.end("reached"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const command = `exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3`;
  const unsandboxed = createTestExec();
  expect(readOutput(await unsandboxed.exec({ command: `bash -c '${command}'` }))).toBe("reached");
  const { exec } = createSandboxedExec();
  expect(readOutput(await exec({ command: `bash -c '${command}'` }))).not.toContain("reached");
});

sandboxed("exit codes, long output, timeouts and aborts work as outside", async () => {
  const { exec } = createSandboxedExec();
  expect((await exec({ command: "exit 7" })).details).toMatchObject({ exitCode: 7 });
  expect(readOutput(await exec({ command: "seq 60000" })).split("\n")).toHaveLength(60_001);
  const [nap, other] = [createUniqueSleep(), createUniqueSleep()];
  const result = await exec({ command: `setsid ${nap} & ${other}`, timeout: 1 });
  expect(result.details).toMatchObject({ timedOut: true });
  expect([nap, other].map(countProcesses)).toEqual([0, 0]);
  expect((await exec({ command: `(setsid ${nap} >/dev/null 2>&1 &)` })).details).toMatchObject({
    exitCode: 0,
  });
  expect(countProcesses(nap)).toBe(0);
});

sandboxed("a process that hides from the process table ends with the sandbox", async () => {
  const { exec } = createSandboxedExec();
  const sleepCommand = createUniqueSleep();
  await exec({ command: `env -i setsid sh -c '(setsid ${sleepCommand} >/dev/null 2>&1 &)'; sleep 0.3` });
  await expect.poll(() => countProcesses(sleepCommand)).toBe(0);
});

sandboxed("a background command gets input", async () => {
  const { exec, process: steer } = createSandboxedExec();
  const { details } = await exec({ command: "read line; echo got $line", background: true });
  const sessionId = details?.["sessionId"];
  await steer({ action: "write", sessionId, data: "this\n" });
  await steer({ action: "poll", sessionId, waitMs: 60_000 });
  expect(readOutput(await steer({ action: "log", sessionId }))).toBe("got this\n");
});

sandboxed("`auto` uses the sandbox where it works, and the log says so", async () => {
  const { exec, log } = createTestExec({ settings: { sandbox: "auto" } });
  expect(readOutput(await exec({ command: `ls /proc/${process.pid}` }))).toContain("No such file");
  expect(log).toMatchObject([{ level: "info", message: "commands run in the bubblewrap sandbox" }]);
});

test("where the sandbox does not work, `bwrap` runs nothing and says why", async () => {
  const { exec, folder, log } = createTestExec({ settings: { sandbox: "bwrap" }, env: { PATH: "/nowhere" } });
  await expect(exec({ command: `touch ${folder}/made` })).rejects.toThrow(
    /No command can run: the configuration demands a sandbox \(tools\.exec\.sandbox\)/,
  );
  expect(log).toMatchObject([{ level: "warn", fields: { reason: "there is no program bwrap on the PATH" } }]);
});

test("where the sandbox does not work, `auto` runs without it, and the log says so", async () => {
  const { exec, log } = createTestExec({ settings: { sandbox: "auto" }, env: { PATH: "/nowhere" } });
  expect(readText(await exec({ command: "echo ran" }))).toContain("ran");
  expect(log).toMatchObject([
    { level: "info", message: expect.stringContaining("without a sandbox") as string },
  ]);
});
