import { chmodSync, existsSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createWorkspaceFilesReader, readWorkspaceFiles } from "../../server/agent/workspace-files.ts";
import { createToolWorkspace } from "../support/tools/tool-workspace.ts";

test("existing files are read in a fixed order, each under its name", async () => {
  const { writeFile, workspace } = createToolWorkspace();
  writeFile("USER.md", "Ada, grün 🦞.\n");
  writeFile("AGENTS.md", "\uFEFFBe kind.\n\n");
  writeFile("SOUL.md", " \n");
  writeFile("NOTES.md", "not one of them");
  expect(await readWorkspaceFiles(workspace)).toBe("# AGENTS.md\n\nBe kind.\n\n# USER.md\n\nAda, grün 🦞.");
});

test("without files the text is empty, and no folder is created", async () => {
  const { workspace, folder } = createToolWorkspace();
  expect(await readWorkspaceFiles(workspace)).toBe("");
  expect(existsSync(folder)).toBe(false);
  mkdirSync(folder);
  expect(await readWorkspaceFiles(workspace)).toBe("");
});

test("MEMORY.md and BOOTSTRAP.md come last", async () => {
  const { writeFile, workspace } = createToolWorkspace();
  writeFile("BOOTSTRAP.md", "Say who you are.");
  writeFile("MEMORY.md", "Ada likes tea.");
  writeFile("USER.md", "Ada");
  expect(await readWorkspaceFiles(workspace)).toBe(
    "# USER.md\n\nAda\n\n# MEMORY.md\n\nAda likes tea.\n\n# BOOTSTRAP.md\n\nSay who you are.",
  );
});

test("a file is read again each time", async () => {
  const { writeFile, workspace } = createToolWorkspace();
  writeFile("TOOLS.md", "one");
  expect(await readWorkspaceFiles(workspace)).toBe("# TOOLS.md\n\none");
  writeFile("TOOLS.md", "two");
  expect(await readWorkspaceFiles(workspace)).toBe("# TOOLS.md\n\ntwo");
});

test.each([
  ["letters", "x".repeat(20_001), "x".repeat(20_000)],
  ["characters of three bytes", "€".repeat(30_000), "€".repeat(20_000)],
  ["surrogate pairs at an odd offset", `x${"🦞".repeat(30_000)}`, `x${"🦞".repeat(9_999)}`],
])(
  "a file of more than 20 000 characters is truncated, never inside a character: %s",
  async (_, content, truncated) => {
    const { writeFile, workspace } = createToolWorkspace();
    writeFile("AGENTS.md", content);
    expect(await readWorkspaceFiles(workspace)).toBe(
      `# AGENTS.md\n\n${truncated}\n\n[AGENTS.md is cut here, after 20000 characters.]`,
    );
  },
);

test("a file of 20 000 characters is not truncated", async () => {
  const { writeFile, workspace } = createToolWorkspace();
  writeFile("AGENTS.md", "€".repeat(20_000));
  expect(await readWorkspaceFiles(workspace)).toBe(`# AGENTS.md\n\n${"€".repeat(20_000)}`);
});

test("only the start of a huge file is read", async () => {
  const { writeFile, workspace, folder } = createToolWorkspace();
  writeFile("AGENTS.md", "x");
  truncateSync(join(folder, "AGENTS.md"), 200 * 1024 ** 3);
  expect((await readWorkspaceFiles(workspace)).length).toBeLessThan(21_000);
});

test("a link is followed inside the workspace only, even if tools can leave it", async () => {
  const { writeFile, workspace, folder, parentFolder } = createToolWorkspace({ workspaceOnly: false });
  writeFile("docs/agents.md", "inside");
  symlinkSync("docs/agents.md", join(folder, "AGENTS.md"));
  symlinkSync("../secret.txt", join(folder, "SOUL.md"));
  symlinkSync("none", join(folder, "TOOLS.md"));
  writeFileSync(join(parentFolder, "user.md"), "outside");
  symlinkSync(join(parentFolder, "user.md"), join(folder, "USER.md"));
  expect(await readWorkspaceFiles(workspace)).toBe("# AGENTS.md\n\ninside");
});

test.runIf(process.platform === "linux")("a folder, a pipe and an unreadable file are skipped", async () => {
  const { writeFile, createPipe, workspace, folder } = createToolWorkspace();
  writeFile("USER.md", "Ada");
  mkdirSync(join(folder, "AGENTS.md"));
  createPipe("SOUL.md");
  writeFile("TOOLS.md", "locked");
  // The superuser can read it.
  chmodSync(join(folder, "TOOLS.md"), 0o000);
  const locked = process.getuid?.() === 0 ? "# TOOLS.md\n\nlocked\n\n" : "";
  expect(await readWorkspaceFiles(workspace)).toBe(`${locked}# USER.md\n\nAda`);
});

test("the files of an agent are read at most once a second", async () => {
  const { writeFile, workspace } = createToolWorkspace();
  let now = 0;
  const read = createWorkspaceFilesReader(workspace, () => now);
  writeFile("TOOLS.md", "one");
  expect(await read()).toBe("# TOOLS.md\n\none");
  writeFile("TOOLS.md", "two");
  now = 999;
  expect(await read()).toBe("# TOOLS.md\n\none");
  now = 1000;
  expect(await read()).toBe("# TOOLS.md\n\ntwo");
});
