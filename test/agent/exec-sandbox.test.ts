import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findProgram } from "../../server/agent/exec/shell.ts";
import { hasBubblewrap } from "../support/tools/bubblewrap.ts";
import {
  readOutput,
  countProcesses,
  createTestExec,
  readText,
  createUniqueSleep,
  type TestExec,
} from "../support/tools/exec.ts";

const isRoot = process.getuid?.() === 0;
const sandboxed = test.skipIf(!hasBubblewrap);
const sandboxedAsRoot = test.skipIf(!hasBubblewrap || !isRoot);

/** The workspace is in the state folder, beside the token; the configuration is in another folder. */
function createSandboxedExec(env: NodeJS.ProcessEnv = {}): TestExec {
  const testTools = createTestExec({
    settings: { sandbox: "bwrap" },
    env,
    hidden: (outside) => [outside, join(outside, "work/openclaw.json"), join(outside, "missing")],
  });
  mkdirSync(testTools.folder);
  if (isRoot) chownSync(testTools.folder, 65_534, 65_534);
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
  await exec({ command: "mkdir sub" });
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

/** Opens every file of a folder for writing, without writing, and prints those that open. */
const openAllFiles = `find /proc /sys -type f 2>/dev/null | while IFS= read -r file; do
  { exec 9>>"$file" && echo "opened $file"; exec 9>&-; } 2>/dev/null
done; echo checked $(find /proc /sys -type f 2>/dev/null | wc -l)`;

sandboxed("no file below /proc and /sys opens for writing", async () => {
  const { exec } = createSandboxedExec();
  const output = readOutput(await exec({ command: `bash -c '${openAllFiles}'` }));
  expect(output).not.toContain("opened");
  expect(Number(/checked (\d+)/.exec(output)?.[1])).toBeGreaterThan(100);
});

sandboxedAsRoot("commands of a gateway that runs as root run as an unprivileged user", async () => {
  const { exec } = createSandboxedExec();
  const output = readOutput(
    await exec({ command: "id -u; id -G; cat /etc/shadow; grep -E '^(Cap|NoNew)' /proc/self/status" }),
  );
  expect(output).toMatch(/^65534\n65534\n/);
  expect(output).toContain("/etc/shadow: Permission denied");
  expect(output.match(/^Cap\w+:\t0+$/gm)).toHaveLength(5);
  expect(output).toMatch(/NoNewPrivs:\t1/);
});

sandboxedAsRoot("/tmp, /dev/shm and /dev/stdout are writable for that user", async () => {
  const { exec } = createSandboxedExec();
  const command = "touch /tmp/a /dev/shm/a && echo out >/dev/stdout && echo error >/dev/stderr";
  expect(readOutput(await exec({ command }))).toBe("out\nerror\n");
});

sandboxedAsRoot("a workspace that the gateway creates belongs to that user", async () => {
  const { exec, folder } = createTestExec({ settings: { sandbox: "bwrap", sandboxUser: "daemon" } });
  expect(readOutput(await exec({ command: "touch file && id -un" }))).toBe("daemon\n");
  expect(statSync(folder)).toMatchObject({ uid: 1, mode: 0o40700 });
  expect(statSync(join(folder, "file"))).toMatchObject({ uid: 1 });
});

sandboxedAsRoot(
  "an existing workspace keeps its owner, and the error gives the line that allows it",
  async () => {
    for (const sandbox of ["bwrap", "auto"] as const) {
      const { exec, folder } = createTestExec({ settings: { sandbox } });
      mkdirSync(folder, { mode: 0o755 });
      await expect(exec({ command: "touch file" })).rejects.toThrow(`chown -R 65534:65534 ${folder}`);
      expect(statSync(folder)).toMatchObject({ uid: 0, mode: 0o40755 });
      chownSync(folder, 65_534, 65_534);
      expect((await exec({ command: "touch file" })).details).toMatchObject({ exitCode: 0 });
    }
  },
);

sandboxedAsRoot("`auto` runs nothing as root when only the change of the user fails", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gateway-path-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  symlinkSync(findProgram("bwrap", process.env["PATH"]) ?? "", join(folder, "bwrap"));
  const { exec, log } = createTestExec({ settings: { sandbox: "auto" }, env: { PATH: folder } });
  await expect(exec({ command: "id" })).rejects.toThrow("No command can run");
  expect(log).toMatchObject([
    { level: "warn", fields: { reason: expect.stringContaining("no program setpriv") as string } },
  ]);
});

test("where the sandbox does not work, `bwrap` runs nothing and says why", async () => {
  const { exec, folder, log } = createTestExec({ settings: { sandbox: "bwrap" }, env: { PATH: "/nowhere" } });
  await expect(exec({ command: `touch ${folder}/made` })).rejects.toThrow(
    /No command can run: the configuration demands a sandbox \(tools\.exec\.sandbox, or sandbox\.mode of the agent\)/,
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
