import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Tools } from "../../contracts/config/tools.ts";
import { createLauncher } from "../../server/agent/exec/launcher.ts";
import { readOutput, createTestExec, readText } from "../support/tools/exec.ts";

test("a command's output and exit code are its result", async () => {
  const { exec } = createTestExec();
  const result = await exec({ command: "echo hello" });
  expect(result.isError).toBe(false);
  expect(readText(result)).toMatch(/^hello\n\n\(exit code 0, after \d+\.\d s\)$/);
  expect(result.details).toMatchObject({
    status: "ended",
    output: "hello\n",
    exitCode: 0,
    signal: null,
    timedOut: false,
    truncated: false,
  });
});

test("a command that begins like a shell option is run as a command", async () => {
  const { exec } = createTestExec();
  expect(readText(await exec({ command: "-c id" }))).toMatch(/-c: command not found/);
});

test("a failed command is a result with its exit code, not a tool error", async () => {
  const { exec } = createTestExec();
  const result = await exec({ command: "echo no such thing >&2; exit 3" });
  expect(result.isError).toBe(false);
  expect(readText(result)).toMatch(/^no such thing\n\n\(exit code 3,/);
});

test("the result of a command that a signal has ended names the signal", async () => {
  const result = await createTestExec().exec({ command: "kill -SEGV $$" });
  expect(readText(result)).toMatch(/^\(no output\)\n\n\(ended by SIGSEGV,/);
  expect(result.details).toMatchObject({ exitCode: null, signal: "SIGSEGV" });
});

test("stdout and stderr are merged in the order of the writes", async () => {
  const command = "for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done";
  const lines = [1, 2, 3, 4, 5].flatMap((i) => [`out ${i}`, `err ${i}`]);
  expect(readOutput(await createTestExec().exec({ command }))).toBe(`${lines.join("\n")}\n`);
});

test.skipIf(process.platform !== "linux")("scripts can write to /dev/stdout and /dev/stderr", async () => {
  const result = await createTestExec().exec({ command: "echo a >/dev/stdout; echo b | tee /dev/stderr" });
  expect(readOutput(result).split("\n").sort()).toEqual(["", "a", "b", "b"]);
});

test("the standard input of a command is empty and it has no terminal", async () => {
  const { exec } = createTestExec();
  expect(readOutput(await exec({ command: "cat; echo done" }))).toBe("done\n");
  expect(readOutput(await exec({ command: "exec 2>&1; (: </dev/tty) && echo tty || echo none" }))).toMatch(
    /none/,
  );
});

test("a command runs in the workspace, or in a folder of it", async () => {
  const { exec, folder } = createTestExec();
  expect(readOutput(await exec({ command: "pwd -P" }))).toBe(`${folder}\n`);
  mkdirSync(join(folder, "sub"));
  expect(readOutput(await exec({ command: "pwd -P", workdir: "sub" }))).toBe(`${folder}/sub\n`);
});

test("a working folder that is outside, missing or a file is rejected without a path of the host", async () => {
  const { exec, folder, parentFolder } = createTestExec();
  await exec({ command: "true" });
  symlinkSync(parentFolder, join(folder, "link"));
  writeFileSync(join(folder, "file"), "");
  await expect(exec({ command: "pwd", workdir: ".." })).rejects.toThrow("outside the workspace");
  await expect(exec({ command: "pwd", workdir: "link" })).rejects.toThrow("link is outside the workspace");
  await expect(exec({ command: "pwd", workdir: "none" })).rejects.toThrow("workdir: none does not exist.");
  await expect(exec({ command: "pwd", workdir: "file" })).rejects.toThrow("workdir: file is not a folder.");
  const unrestricted = createTestExec({ workspaceOnly: false });
  expect(readOutput(await unrestricted.exec({ command: "pwd -P", workdir: ".." }))).toBe(
    `${unrestricted.parentFolder}\n`,
  );
});

test("output is reported while the command runs", async () => {
  const { exec, folder } = createTestExec();
  const reported: string[] = [];
  const running = exec(
    { command: "echo first; until [ -e go ]; do sleep 0.05; done; echo last" },
    { report: (text) => reported.push(text) },
  );
  await expect.poll(() => reported.join("")).toBe("first\n");
  writeFileSync(join(folder, "go"), "");
  await running;
  expect(reported.join("")).toBe("first\nlast\n");
});

test("variables of the call are set; those that change which programs run are rejected", async () => {
  const { exec } = createTestExec();
  const greeting = { GREETING: "hi; 'there'" };
  expect(readOutput(await exec({ command: 'echo "$GREETING"', env: greeting }))).toBe("hi; 'there'\n");
  for (const name of ["PATH", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "NODE_OPTIONS", "BASH_ENV", "ld_x"]) {
    const result = await exec({ command: "true", env: { [name]: "x" } });
    expect(result.isError).toBe(true);
    expect(readText(result)).toContain(`env: ${name} cannot be set here`);
  }
  expect(readText(await exec({ command: "true", env: { "BASH_FUNC_ls%%": "() { :; }" } }))).toContain(
    "is not a valid variable name",
  );
  expect(readText(await exec({ command: "true", env: { OPENCLAW_EXEC_MARK: "" } }))).toContain(
    "cannot be set",
  );
});

test("a command that the system rejects is an error result, not a crash", async () => {
  const { exec } = createTestExec();
  expect(readText(await exec({ command: "echo a\0b" }))).toContain("NUL byte");
  await expect(exec({ command: `: ${"x".repeat(199_000)}` })).rejects.toThrow("too long for the system");
});

test('`action` can only be "run"; unknown arguments are rejected by name', async () => {
  const { exec } = createTestExec();
  expect(readOutput(await exec({ command: "echo a", action: "run" }))).toBe("a\n");
  await expect(exec({ command: "echo a", action: "stop" })).rejects.toThrow("action");
  await expect(exec({ command: "echo a", host: "sandbox" })).rejects.toThrow("host");
});

test("other work runs while many commands start", async () => {
  const nothing = (): void => {};
  const launcher = createLauncher({
    settings: Tools.parse({}).exec,
    env: process.env,
    secrets: [],
    hiddenPaths: [],
    sandboxUser: undefined,
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  });
  let turns = 0;
  let counting = true;
  const count = (): void => {
    turns += 1;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const folder = tmpdir();
  const request = {
    text: "true",
    folder,
    workspace: folder,
    sandbox: undefined,
    env: {},
    hasInput: false,
    outerFolder: undefined,
  };
  const started = Array.from({ length: 12 }, () =>
    launcher.start({ ...request, timeoutMs: 10_000, onOutput: nothing }),
  );
  await Promise.all(started);
  counting = false;
  expect(turns).toBeGreaterThanOrEqual(11);
  await launcher.close();
});

test("fifty parallel commands each get their own output", async () => {
  const { exec } = createTestExec();
  const numbers = Array.from({ length: 50 }, (_, index) => index);
  const results = await Promise.all(
    numbers.map((n) => exec({ command: `sleep 0.05; echo ${n}; exit ${n}` })),
  );
  expect(results.map(readOutput)).toEqual(numbers.map((n) => `${n}\n`));
  expect(results.map(({ details }) => details?.["exitCode"])).toEqual(numbers);
});
