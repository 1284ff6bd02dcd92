import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { hasBubblewrap } from "../support/bubblewrap.ts";
import { outputOf, processesWith, testExec, textOf, uniqueSleep, type TestExec } from "../support/exec.ts";

const sandboxed = test.skipIf(!hasBubblewrap);

/** The workspace lies in the state folder, beside the token; the configuration lies in a folder of its own. */
function inSandbox(env: NodeJS.ProcessEnv = {}): TestExec {
  const made = testExec({
    settings: { sandbox: "bwrap" },
    env,
    hidden: (outside) => [outside, join(outside, "work/openclaw.json"), join(outside, "missing")],
  });
  mkdirSync(made.folder);
  writeFileSync(join(made.outside, "token"), "canary-token");
  writeFileSync(join(made.folder, "openclaw.json"), "canary-config");
  return made;
}

sandboxed("neither the token file nor the gateway's environment can be read", async () => {
  const { exec, outside, folder } = inSandbox({ FAVOURITE: "canary-environment" });
  expect(readFileSync(join(outside, "token"), "utf8")).toBe("canary-token");
  const attempts = [
    `cat ${outside}/token`,
    `cat ${folder}/openclaw.json`,
    `grep -r canary ${outside}`,
    `cat /proc/${process.pid}/environ`,
    `cat /proc/${process.pid}/root${outside}/token`,
    `ls /proc/${process.pid}`,
    "cat /proc/[0-9]*/environ",
    "cat /proc/[0-9]*/cmdline",
    "env",
    `umount ${outside} && cat ${outside}/token`,
    `mount -t proc proc /proc; cat /proc/${process.pid}/environ`,
    `nsenter -t 1 -a cat ${outside}/token`,
    `unshare -r umount ${outside}; cat ${outside}/token`,
  ];
  for (const command of attempts) {
    const output = outputOf(await exec({ command }));
    // The words of the command itself are shown in the list of processes.
    expect(output.replaceAll("grep -r canary", ""), command).not.toContain("canary-");
  }
  const { details } = await exec({ command: `kill -0 ${process.pid}` });
  expect(details?.["exitCode"]).not.toBe(0);
});

sandboxed("home, /tmp and /run are empty, and the disk cannot be written", async () => {
  const { exec } = inSandbox();
  const command = "touch /usr/made /etc/made; ls -A /tmp /run; touch /tmp/mine && echo tmp";
  const output = outputOf(await exec({ command }));
  expect(output).toMatch(/Read-only file system/);
  expect(output).toMatch(/tmp\n$/);
  expect(outputOf(await exec({ command: "ls /tmp" }))).not.toContain("mine");
});

sandboxed("the workspace can be written, and is the folder that commands start in", async () => {
  const { exec, folder } = inSandbox();
  mkdirSync(join(folder, "sub"));
  expect(outputOf(await exec({ command: "pwd; echo made > file", workdir: "sub" }))).toBe(`${folder}/sub\n`);
  expect(readFileSync(join(folder, "sub/file"), "utf8")).toBe("made\n");
});

sandboxed("there is no network, not even loopback of the machine", async () => {
  const server = createServer((socket) => socket.end("reached"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const command = `exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3`;
  const open = testExec();
  expect(outputOf(await open.exec({ command: `bash -c '${command}'` }))).toBe("reached");
  const { exec } = inSandbox();
  expect(outputOf(await exec({ command: `bash -c '${command}'` }))).not.toContain("reached");
});

sandboxed("exit codes, long output, time-outs and leaving work as outside", async () => {
  const { exec } = inSandbox();
  expect((await exec({ command: "exit 7" })).details).toMatchObject({ exitCode: 7 });
  expect(outputOf(await exec({ command: "seq 60000" })).split("\n")).toHaveLength(60_001);
  const [nap, other] = [uniqueSleep(), uniqueSleep()];
  const result = await exec({ command: `setsid ${nap} & ${other}`, timeout: 1 });
  expect(result.details).toMatchObject({ timedOut: true });
  expect([nap, other].map(processesWith)).toEqual([0, 0]);
  expect((await exec({ command: `(setsid ${nap} >/dev/null 2>&1 &)` })).details).toMatchObject({
    exitCode: 0,
  });
  expect(processesWith(nap)).toBe(0);
});

sandboxed("who removes every trace of itself ends with the sandbox nevertheless", async () => {
  const { exec } = inSandbox();
  const nap = uniqueSleep();
  await exec({ command: `env -i setsid sh -c '(setsid ${nap} >/dev/null 2>&1 &)'; sleep 0.3` });
  await expect.poll(() => processesWith(nap)).toBe(0);
});

sandboxed("a command in the background is given input", async () => {
  const { exec, process: steer } = inSandbox();
  const { details } = await exec({ command: "read line; echo got $line", background: true });
  const sessionId = details?.["sessionId"];
  await steer({ action: "write", sessionId, data: "this\n" });
  await steer({ action: "poll", sessionId, waitMs: 60_000 });
  expect(outputOf(await steer({ action: "log", sessionId }))).toBe("got this\n");
});

sandboxed("`auto` uses the sandbox where it works, and the log says so", async () => {
  const { exec, log } = testExec({ settings: { sandbox: "auto" } });
  expect(outputOf(await exec({ command: `ls /proc/${process.pid}` }))).toContain("No such file");
  expect(log).toMatchObject([{ level: "info", message: "commands run in the sandbox of bubblewrap" }]);
});

test("where the sandbox does not work, `bwrap` runs nothing and says why", async () => {
  const { exec, folder, log } = testExec({ settings: { sandbox: "bwrap" }, env: { PATH: "/nowhere" } });
  await expect(exec({ command: `touch ${folder}/made` })).rejects.toThrow(
    /No command can run: the configuration demands a sandbox \(tools\.exec\.sandbox\)/,
  );
  expect(log).toMatchObject([{ level: "warn", fields: { reason: "there is no program bwrap on the PATH" } }]);
});

test("where the sandbox does not work, `auto` runs without it, and the log says so", async () => {
  const { exec, log } = testExec({ settings: { sandbox: "auto" }, env: { PATH: "/nowhere" } });
  expect(textOf(await exec({ command: "echo ran" }))).toContain("ran");
  expect(log).toMatchObject([
    { level: "info", message: expect.stringContaining("without a sandbox") as string },
  ]);
});
