import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readPath, readText, removeFile, replaceFile } from "../../server/agent/tools/workspace-file.ts";
import { createToolWorkspace } from "../support/tools/tool-workspace.ts";

const { signal } = new AbortController();
const isLinux = process.platform === "linux";

const deletion = (path: string): string => `*** Begin Patch\n*** Delete File: ${path}\n*** End Patch`;

test("the folder is created on first use, only for its owner", async () => {
  const { folder, runForText, parentFolder } = createToolWorkspace({ folder: "deep/work" });
  expect(existsSync(folder)).toBe(false);
  expect(await runForText("read", { path: "." })).toBe(". is an empty folder.");
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(parentFolder, "deep")).mode & 0o777).toBe(0o700);
});

test("paths are relative to the workspace, and absolute paths into it are the same", async () => {
  const { folder, writeFile, runForText } = createToolWorkspace();
  writeFile("a/b.txt", "here");
  for (const path of [
    "a/b.txt",
    "./a/b.txt",
    "a/../a/b.txt",
    `../${basename(folder)}/a/b.txt`,
    join(folder, "a/b.txt"),
  ]) {
    expect(await runForText("read", { path })).toBe("here");
  }
});

test("a workspace can be a symbolic link, and then be named by its target", async () => {
  const { parentFolder, writeFile, workspace, runForText } = createToolWorkspace({ folder: "link" });
  mkdirSync(join(parentFolder, "real"));
  symlinkSync("real", workspace.folder);
  writeFile("a.txt", "here");
  expect(await runForText("read", { path: join(parentFolder, "real/a.txt") })).toBe("here");
  expect(await runForText("write", { path: join(parentFolder, "real/b.txt"), content: "" })).toBe(
    "Wrote 0 bytes to b.txt, a new file.",
  );
});

test.each([
  "../secret.txt",
  "a/../../secret.txt",
  "<outside>/secret.txt",
  "up/secret.txt",
  "link.txt",
  "further/secret.txt",
  "root<outside>/secret.txt",
  "..",
  "up",
  "/",
  "../work-2",
  "../none/at/all",
  "up/new.txt",
  "up/new/new.txt",
  "/etc/passwd",
  "/dev/null",
  "/proc/self/environ",
])("no path leads out of the workspace: %s", async (way) => {
  const { parentFolder, folder, writeFile, run } = createToolWorkspace();
  writeFile("a/a.txt", "a");
  symlinkSync(parentFolder, join(folder, "up"));
  symlinkSync("../secret.txt", join(folder, "link.txt"));
  symlinkSync("up", join(folder, "further"));
  symlinkSync("/", join(folder, "root"));
  writeFileSync(join(parentFolder, "work-2"), "its name begins like that of the workspace");

  const path = way.replace("<outside>", parentFolder);
  const message = "is outside the workspace. Use a path within it";
  await expect(run("read", { path })).rejects.toThrow(message);
  await expect(run("write", { path, content: "mine" })).rejects.toThrow(message);
  await expect(run("edit", { path, oldText: "secret", newText: "mine" })).rejects.toThrow(message);
  await expect(run("apply_patch", { input: deletion(path) })).rejects.toThrow(message);
  expect(readFileSync(join(parentFolder, "secret.txt"), "utf8")).toBe("secret");
  expect(readdirSync(parentFolder).sort()).toEqual(["secret.txt", "work", "work-2"]);
});

test("symbolic links within the workspace are followed, and stay links", async () => {
  const { folder, writeFile, readFile, runForText } = createToolWorkspace();
  writeFile("real/a.txt", "old");
  symlinkSync("real", join(folder, "dir"));
  symlinkSync("dir/a.txt", join(folder, "a"));
  expect(await runForText("read", { path: "a" })).toBe("old");
  await runForText("write", { path: "a", content: "new" });
  await runForText("write", { path: "dir/b.txt", content: "b" });
  expect([readFile("real/a.txt"), readFile("real/b.txt")]).toEqual(["new", "b"]);
  expect(lstatSync(join(folder, "a")).isSymbolicLink()).toBe(true);
});

test("a symbolic link without a target creates nothing at its target", async () => {
  const { parentFolder, writeFile, folder, run } = createToolWorkspace();
  writeFile("a.txt", "a");
  symlinkSync(join(parentFolder, "none"), join(folder, "gone"));
  symlinkSync("round", join(folder, "round"));
  await expect(run("write", { path: "gone", content: "x" })).rejects.toThrow(
    "gone is a symbolic link whose target does not exist.",
  );
  await expect(run("write", { path: "gone/x", content: "x" })).rejects.toThrow(
    "gone is a symbolic link whose target",
  );
  await expect(run("read", { path: "round" })).rejects.toThrow("round is a loop of symbolic links");
  expect(readdirSync(parentFolder).sort()).toEqual(["secret.txt", "work"]);
});

test("a folder that becomes a symbolic link between check and use is not followed", async () => {
  const { parentFolder, folder, writeFile, workspace } = createToolWorkspace();
  writeFile("sub/secret.txt", "mine");
  const old = await workspace.resolvePath("sub/secret.txt");
  const fresh = await workspace.resolvePath("sub/deep/fresh.txt");
  renameSync(join(folder, "sub"), join(folder, "moved"));
  symlinkSync("..", join(folder, "sub"));
  await expect(readText(old)).rejects.toThrow("sub/secret.txt was replaced while it was opened. Try again.");
  await expect(replaceFile(old, Buffer.from("x"), { signal })).rejects.toThrow(/replaced|parent folders/);
  await expect(replaceFile(fresh, Buffer.from("x"), { signal })).rejects.toThrow(/replaced|parent folders/);
  await expect(removeFile(old, signal)).rejects.toThrow(/replaced|parent folders/);
  expect(readFileSync(join(parentFolder, "secret.txt"), "utf8")).toBe("secret");
  expect(readdirSync(parentFolder).sort()).toEqual(["secret.txt", "work"]);
});

test("a file that becomes a symbolic link between check and use is not followed", async () => {
  const { parentFolder, folder, writeFile, readFile, workspace } = createToolWorkspace();
  writeFile("a.txt", "mine");
  const path = await workspace.resolvePath("a.txt");
  renameSync(join(folder, "a.txt"), join(folder, "b.txt"));
  symlinkSync("../secret.txt", join(folder, "a.txt"));
  await expect(readText(path)).rejects.toThrow("a.txt is a loop of symbolic links");
  await expect(replaceFile(path, Buffer.from("x"), { signal })).rejects.toThrow(
    "a.txt is not a regular file.",
  );
  await removeFile(path, signal);
  expect(readFileSync(join(parentFolder, "secret.txt"), "utf8")).toBe("secret");
  expect(readFile("b.txt")).toBe("mine");
});

// Other systems check the name a second time instead, which leaves a race of microseconds for writes.
test.runIf(isLinux)(
  "a symbolic link that is created and removed repeatedly never leads out",
  async () => {
    const { parentFolder, folder, writeFile, run } = createToolWorkspace();
    writeFile("sub/secret.txt", "mine");
    symlinkSync("..", join(folder, "other"));
    // A tool can create the folder again while its name is free; then the new folder is swapped too.
    const flip = `const { renameSync, rmSync } = require("node:fs");
    process.stdout.write("flipping");
    for (;;) {
      try {
        renameSync("sub", "x"); renameSync("other", "sub"); renameSync("sub", "other"); renameSync("x", "sub");
      } catch { rmSync("x", { recursive: true, force: true }); }
    }`;
    const child = spawn(process.execPath, ["-e", flip], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child.stdout, "data");

    const outcomes = { read: 0, written: 0, rejected: 0 };
    for (let round = 0; round < 300; round += 1) {
      const read = await run("read", { path: "sub/secret.txt" }).catch(() => undefined);
      const text = read?.content[0]?.type === "text" ? read.content[0].text : undefined;
      if (text !== undefined) outcomes.read += 1;
      expect(text).not.toBe("secret");
      await run("write", { path: "sub/new.txt", content: "x" }).then(
        () => (outcomes.written += 1),
        () => (outcomes.rejected += 1),
      );
    }
    expect(readdirSync(parentFolder).sort()).toEqual(["secret.txt", "work"]);
    expect(outcomes.read + outcomes.written).toBeGreaterThan(0);
    expect(outcomes.rejected).toBeGreaterThan(0);
  },
  60_000,
);

test.runIf(isLinux)("a special file is rejected at once, and a pipe does not block", async () => {
  const { folder, createPipe, writeFile, run } = createToolWorkspace();
  writeFile("a.txt", "a");
  createPipe("pipe");
  const server = createServer().listen(join(folder, "socket"));
  onTestFinished(() => void server.close());
  await once(server, "listening");
  for (const path of ["pipe", "socket"]) {
    await expect(run("read", { path })).rejects.toThrow(`${path} is neither a file nor a folder.`);
    await expect(run("write", { path, content: "x" })).rejects.toThrow(`${path} is not a regular file.`);
    await expect(run("edit", { path, oldText: "x", newText: "y" })).rejects.toThrow(`${path} is neither`);
    await expect(run("apply_patch", { input: deletion(path) })).rejects.toThrow(`${path} is not a regular`);
  }
});

test.runIf(isLinux)("a file that becomes a pipe between check and use keeps nobody waiting", async () => {
  const { folder, createPipe, writeFile, workspace } = createToolWorkspace();
  writeFile("a.txt", "a");
  const path = await workspace.resolvePath("a.txt");
  renameSync(join(folder, "a.txt"), join(folder, "b.txt"));
  createPipe("a.txt");
  await expect(readPath(path)).rejects.toThrow("a.txt is neither a file nor a folder.");
});

test("with workspaceOnly off every path except the forbidden ones is accessible", async () => {
  const { parentFolder, folder, writeFile, run, runForText } = createToolWorkspace({
    workspaceOnly: false,
    forbidden: ["state"],
  });
  writeFile("a.txt", "a");
  mkdirSync(join(parentFolder, "state"));
  writeFileSync(join(parentFolder, "state/token"), "secret");
  symlinkSync("../state", join(folder, "link"));
  expect(await runForText("read", { path: "../secret.txt" })).toBe("secret");
  await runForText("write", { path: join(parentFolder, "more/new.txt"), content: "x" });
  expect(readFileSync(join(parentFolder, "more/new.txt"), "utf8")).toBe("x");

  const ways = [
    "../state/token",
    join(parentFolder, "state/token"),
    "link/token",
    "../state",
    "link/new.txt",
  ];
  for (const path of ways) {
    await expect(run("read", { path })).rejects.toThrow("is not accessible to tools");
    await expect(run("write", { path, content: "x" })).rejects.toThrow("is not accessible to tools");
  }
  expect(readdirSync(join(parentFolder, "state"))).toEqual(["token"]);
});

test.runIf(isLinux)(
  "no tool reads the gateway's environment, devices, or its way around by /proc",
  async () => {
    const { parentFolder, run } = createToolWorkspace({ workspaceOnly: false, forbidden: ["state"] });
    mkdirSync(join(parentFolder, "state"));
    writeFileSync(join(parentFolder, "state/token"), "secret");
    for (const path of ["/proc/self/environ", `/proc/${process.ppid}/environ`, "/proc"]) {
      await expect(run("read", { path })).rejects.toThrow("is not accessible to tools");
    }
    await expect(run("read", { path: `/proc/self/root${parentFolder}/state/token` })).rejects.toThrow(
      "is not accessible",
    );
    await expect(run("read", { path: "/dev/zero" })).rejects.toThrow("is neither a file nor a folder");
  },
);

test("a workspace inside a forbidden folder is accessible, its siblings are not", async () => {
  const { parentFolder, run, runForText } = createToolWorkspace({
    folder: "state/workspace",
    forbidden: ["state"],
    workspaceOnly: false,
  });
  expect(await runForText("write", { path: "a.txt", content: "x" })).toBe(
    "Wrote 1 bytes to a.txt, a new file.",
  );
  writeFileSync(join(parentFolder, "state/token"), "secret");
  for (const path of ["../token", "..", "../workspace-b/a.txt"]) {
    await expect(run("read", { path })).rejects.toThrow("is not accessible to tools");
  }
});

test("a forbidden folder inside the workspace is not accessible", async () => {
  const { writeFile, run } = createToolWorkspace({ forbidden: ["work/state"] });
  writeFile("state/token", "secret");
  await expect(run("read", { path: "state/token" })).rejects.toThrow(
    "state/token is not accessible to tools.",
  );
});

test("an invalid path is rejected with the reason", async () => {
  const { run } = createToolWorkspace();
  await expect(run("read", { path: "~/.ssh/id" })).rejects.toThrow('"~/.ssh/id": "~" has no meaning here.');
  await expect(run("read", { path: "a\0b" })).rejects.toThrow("A path cannot contain a NUL byte.");
  await expect(run("read", { path: "x".repeat(300) })).rejects.toThrow("has a name that is too long.");
  await expect(run("read", { path: "" })).rejects.toThrow("path: must not be empty");
});

test("no message contains the path of the workspace", async () => {
  const { parentFolder, writeFile, run, folder } = createToolWorkspace();
  writeFile("file", "a");
  mkdirSync(join(folder, "sub"));
  const messages = await Promise.all(
    [
      run("read", { path: "none.txt" }),
      run("read", { path: join(folder, "none/a.txt") }),
      run("read", { path: "file/a.txt" }),
      run("write", { path: "sub", content: "" }),
      run("write", { path: ".", content: "" }),
      run("write", { path: "file/a.txt", content: "" }),
    ].map((work) =>
      work.then(
        () => "done",
        (error: Error) => error.message,
      ),
    ),
  );
  expect(messages).toEqual([
    "none.txt does not exist.",
    "none/a.txt does not exist.",
    "file/a.txt is not a valid path: one of its parent folders is a file.",
    "sub is a folder.",
    ". is a folder.",
    "file/a.txt is not a valid path: one of its parent folders is a file.",
  ]);
  expect(messages.join()).not.toContain(parentFolder);
});
