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
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readPlace, readText, removeFile, replaceFile } from "../../server/agent/tools/stored-file.ts";
import { toolWorkspace } from "../support/tool-workspace.ts";

const isLinux = process.platform === "linux";

const deletion = (path: string): string => `*** Begin Patch\n*** Delete File: ${path}\n*** End Patch`;

test("the folder is made when a tool first needs it, for its owner alone", async () => {
  const { folder, say, outside } = toolWorkspace({ folder: "deep/work" });
  expect(existsSync(folder)).toBe(false);
  expect(await say("read", { path: "." })).toBe(". is an empty folder.");
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(outside, "deep")).mode & 0o777).toBe(0o700);
});

test("paths count from the workspace, and those that name it in full are the same", async () => {
  const { folder, put, say } = toolWorkspace();
  put("a/b.txt", "here");
  for (const path of ["a/b.txt", "./a/b.txt", "a/../a/b.txt", "../work/a/b.txt", join(folder, "a/b.txt")]) {
    expect(await say("read", { path })).toBe("here");
  }
});

test("a workspace may be given by a link, and then be named by what it leads to", async () => {
  const { outside, put, workspace, say } = toolWorkspace({ folder: "link" });
  mkdirSync(join(outside, "real"));
  symlinkSync("real", workspace.folder);
  put("a.txt", "here");
  expect(await say("read", { path: join(outside, "real/a.txt") })).toBe("here");
  expect(await say("write", { path: join(outside, "real/b.txt"), content: "" })).toBe(
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
])("nothing leads out of the workspace: %s", async (way) => {
  const { outside, folder, put, run } = toolWorkspace();
  put("a/a.txt", "a");
  symlinkSync(outside, join(folder, "up"));
  symlinkSync("../secret.txt", join(folder, "link.txt"));
  symlinkSync("up", join(folder, "further"));
  symlinkSync("/", join(folder, "root"));
  writeFileSync(join(outside, "work-2"), "its name begins like that of the workspace");

  const path = way.replace("<outside>", outside);
  const refusal = "is outside the workspace. Use a path within it";
  await expect(run("read", { path })).rejects.toThrow(refusal);
  await expect(run("write", { path, content: "mine" })).rejects.toThrow(refusal);
  await expect(run("edit", { path, oldText: "secret", newText: "mine" })).rejects.toThrow(refusal);
  await expect(run("apply_patch", { input: deletion(path) })).rejects.toThrow(refusal);
  expect(readFileSync(join(outside, "secret.txt"), "utf8")).toBe("secret");
  expect(readdirSync(outside).sort()).toEqual(["secret.txt", "work", "work-2"]);
});

test("links within the workspace are followed, and stay links", async () => {
  const { folder, put, content, say } = toolWorkspace();
  put("real/a.txt", "old");
  symlinkSync("real", join(folder, "dir"));
  symlinkSync("dir/a.txt", join(folder, "a"));
  expect(await say("read", { path: "a" })).toBe("old");
  await say("write", { path: "a", content: "new" });
  await say("write", { path: "dir/b.txt", content: "b" });
  expect([content("real/a.txt"), content("real/b.txt")]).toEqual(["new", "b"]);
  expect(lstatSync(join(folder, "a")).isSymbolicLink()).toBe(true);
});

test("a link that leads nowhere makes nothing where it leads", async () => {
  const { outside, put, folder, run } = toolWorkspace();
  put("a.txt", "a");
  symlinkSync(join(outside, "none"), join(folder, "gone"));
  symlinkSync("round", join(folder, "round"));
  await expect(run("write", { path: "gone", content: "x" })).rejects.toThrow(
    "gone is a link that leads nowhere.",
  );
  await expect(run("write", { path: "gone/x", content: "x" })).rejects.toThrow("gone is a link that leads");
  await expect(run("read", { path: "round" })).rejects.toThrow("round is a link that leads in a circle");
  expect(readdirSync(outside).sort()).toEqual(["secret.txt", "work"]);
});

test("a folder that becomes a link between check and use leads nowhere", async () => {
  const { outside, folder, put, workspace } = toolWorkspace();
  put("sub/secret.txt", "mine");
  const old = await workspace.locate("sub/secret.txt");
  const fresh = await workspace.locate("sub/deep/fresh.txt");
  renameSync(join(folder, "sub"), join(folder, "moved"));
  symlinkSync("..", join(folder, "sub"));
  await expect(readText(old)).rejects.toThrow("sub/secret.txt was replaced while it was opened. Try again.");
  await expect(replaceFile(old, Buffer.from("x"))).rejects.toThrow(/replaced|a part of it/);
  await expect(replaceFile(fresh, Buffer.from("x"))).rejects.toThrow(/replaced|a part of it/);
  await expect(removeFile(old)).rejects.toThrow(/replaced|a part of it/);
  expect(readFileSync(join(outside, "secret.txt"), "utf8")).toBe("secret");
  expect(readdirSync(outside).sort()).toEqual(["secret.txt", "work"]);
});

test("a file that becomes a link between check and use is not followed", async () => {
  const { outside, folder, put, content, workspace } = toolWorkspace();
  put("a.txt", "mine");
  const place = await workspace.locate("a.txt");
  renameSync(join(folder, "a.txt"), join(folder, "b.txt"));
  symlinkSync("../secret.txt", join(folder, "a.txt"));
  await expect(readText(place)).rejects.toThrow("a.txt is a link");
  await expect(replaceFile(place, Buffer.from("x"))).rejects.toThrow("a.txt is not a regular file.");
  await removeFile(place);
  expect(readFileSync(join(outside, "secret.txt"), "utf8")).toBe("secret");
  expect(content("b.txt")).toBe("mine");
});

// Elsewhere names are checked once more instead, which leaves a gap of microseconds for writes.
test.runIf(isLinux)(
  "a link that comes and goes all the time never leads out",
  async () => {
    const { outside, folder, put, run } = toolWorkspace();
    put("sub/secret.txt", "mine");
    symlinkSync("..", join(folder, "other"));
    // A tool may make the folder anew while its name is free: then that one goes on taking part.
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

    const outcomes = { read: 0, written: 0, refused: 0 };
    for (let round = 0; round < 300; round += 1) {
      const read = await run("read", { path: "sub/secret.txt" }).catch(() => undefined);
      const text = read?.content[0]?.type === "text" ? read.content[0].text : undefined;
      if (text !== undefined) outcomes.read += 1;
      expect(text).not.toBe("secret");
      await run("write", { path: "sub/new.txt", content: "x" }).then(
        () => (outcomes.written += 1),
        () => (outcomes.refused += 1),
      );
    }
    expect(readdirSync(outside).sort()).toEqual(["secret.txt", "work"]);
    expect(outcomes.read + outcomes.written).toBeGreaterThan(0);
    expect(outcomes.refused).toBeGreaterThan(0);
  },
  60_000,
);

test.runIf(isLinux)("what is no file is refused at once, and a pipe keeps nobody waiting", async () => {
  const { folder, pipe, put, run } = toolWorkspace();
  put("a.txt", "a");
  pipe("pipe");
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
  const { folder, pipe, put, workspace } = toolWorkspace();
  put("a.txt", "a");
  const place = await workspace.locate("a.txt");
  renameSync(join(folder, "a.txt"), join(folder, "b.txt"));
  pipe("a.txt");
  await expect(readPlace(place)).rejects.toThrow("a.txt is neither a file nor a folder.");
});

test("with workspaceOnly off everything is in reach but what is forbidden", async () => {
  const { outside, folder, put, run, say } = toolWorkspace({ workspaceOnly: false, forbidden: ["state"] });
  put("a.txt", "a");
  mkdirSync(join(outside, "state"));
  writeFileSync(join(outside, "state/token"), "secret");
  symlinkSync("../state", join(folder, "link"));
  expect(await say("read", { path: "../secret.txt" })).toBe("secret");
  await say("write", { path: join(outside, "more/new.txt"), content: "x" });
  expect(readFileSync(join(outside, "more/new.txt"), "utf8")).toBe("x");

  const ways = ["../state/token", join(outside, "state/token"), "link/token", "../state", "link/new.txt"];
  for (const path of ways) {
    await expect(run("read", { path })).rejects.toThrow("is closed to tools");
    await expect(run("write", { path, content: "x" })).rejects.toThrow("is closed to tools");
  }
  expect(readdirSync(join(outside, "state"))).toEqual(["token"]);
});

test.runIf(isLinux)(
  "no tool reads the gateway's environment, devices, or its way around by /proc",
  async () => {
    const { outside, run } = toolWorkspace({ workspaceOnly: false, forbidden: ["state"] });
    mkdirSync(join(outside, "state"));
    writeFileSync(join(outside, "state/token"), "secret");
    for (const path of ["/proc/self/environ", `/proc/${process.ppid}/environ`, "/proc"]) {
      await expect(run("read", { path })).rejects.toThrow("is closed to tools");
    }
    await expect(run("read", { path: `/proc/self/root${outside}/state/token` })).rejects.toThrow("is closed");
    await expect(run("read", { path: "/dev/zero" })).rejects.toThrow("is neither a file nor a folder");
  },
);

test("a workspace within a forbidden folder is open, what is beside it is not", async () => {
  const { outside, run, say } = toolWorkspace({
    folder: "state/workspace",
    forbidden: ["state"],
    workspaceOnly: false,
  });
  expect(await say("write", { path: "a.txt", content: "x" })).toBe("Wrote 1 bytes to a.txt, a new file.");
  writeFileSync(join(outside, "state/token"), "secret");
  for (const path of ["../token", "..", "../workspace-b/a.txt"]) {
    await expect(run("read", { path })).rejects.toThrow("is closed to tools");
  }
});

test("a forbidden folder within the workspace is closed", async () => {
  const { put, run } = toolWorkspace({ forbidden: ["work/state"] });
  put("state/token", "secret");
  await expect(run("read", { path: "state/token" })).rejects.toThrow("state/token is closed to tools.");
});

test("odd paths are told what is wrong with them", async () => {
  const { run } = toolWorkspace();
  await expect(run("read", { path: "~/.ssh/id" })).rejects.toThrow('"~/.ssh/id": "~" has no meaning here.');
  await expect(run("read", { path: "a\0b" })).rejects.toThrow("A path cannot have a zero byte in it.");
  await expect(run("read", { path: "x".repeat(300) })).rejects.toThrow("has a name that is too long.");
  await expect(run("read", { path: "" })).rejects.toThrow("path: must not be empty");
});

test("no message shows where the workspace is", async () => {
  const { outside, put, run, folder } = toolWorkspace();
  put("file", "a");
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
    "file/a.txt is no path: a part of it that should be a folder is a file.",
    "sub is a folder.",
    ". is a folder.",
    "file/a.txt is no path: a part of it that should be a folder is a file.",
  ]);
  expect(messages.join()).not.toContain(outside);
});
