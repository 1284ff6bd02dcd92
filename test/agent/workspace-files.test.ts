import { chmodSync, existsSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readWorkspaceFiles } from "../../server/agent/workspace-files.ts";
import { toolWorkspace } from "../support/tool-workspace.ts";

test("the files that are there are told in their order, each under its name", async () => {
  const { put, workspace } = toolWorkspace();
  put("USER.md", "Ada, grün 🦞.\n");
  put("AGENTS.md", "\uFEFFBe kind.\n\n");
  put("SOUL.md", " \n");
  put("NOTES.md", "not one of them");
  expect(await readWorkspaceFiles(workspace)).toBe("# AGENTS.md\n\nBe kind.\n\n# USER.md\n\nAda, grün 🦞.");
});

test("without files there is nothing, and no folder is made", async () => {
  const { workspace, folder } = toolWorkspace();
  expect(await readWorkspaceFiles(workspace)).toBe("");
  expect(existsSync(folder)).toBe(false);
  mkdirSync(folder);
  expect(await readWorkspaceFiles(workspace)).toBe("");
});

test("a file is read anew each time", async () => {
  const { put, workspace } = toolWorkspace();
  put("TOOLS.md", "one");
  expect(await readWorkspaceFiles(workspace)).toBe("# TOOLS.md\n\none");
  put("TOOLS.md", "two");
  expect(await readWorkspaceFiles(workspace)).toBe("# TOOLS.md\n\ntwo");
});

test.each([
  ["letters", "x".repeat(20_001), "x".repeat(20_000)],
  ["characters of three bytes", "€".repeat(30_000), "€".repeat(20_000)],
  ["pairs at an odd place", `x${"🦞".repeat(30_000)}`, `x${"🦞".repeat(9_999)}`],
])("a file of more than 20 000 characters is cut, never within one: %s", async (_, content, kept) => {
  const { put, workspace } = toolWorkspace();
  put("AGENTS.md", content);
  expect(await readWorkspaceFiles(workspace)).toBe(
    `# AGENTS.md\n\n${kept}\n\n[AGENTS.md is cut here, after 20000 characters.]`,
  );
});

test("a file of 20 000 characters is whole", async () => {
  const { put, workspace } = toolWorkspace();
  put("AGENTS.md", "€".repeat(20_000));
  expect(await readWorkspaceFiles(workspace)).toBe(`# AGENTS.md\n\n${"€".repeat(20_000)}`);
});

test("of a huge file only the beginning is read", async () => {
  const { put, workspace, folder } = toolWorkspace();
  put("AGENTS.md", "x");
  truncateSync(join(folder, "AGENTS.md"), 200 * 1024 ** 3);
  expect((await readWorkspaceFiles(workspace)).length).toBeLessThan(21_000);
});

test("a link is followed within the workspace only, even when tools may leave it", async () => {
  const { put, workspace, folder, outside } = toolWorkspace({ workspaceOnly: false });
  put("docs/agents.md", "inside");
  symlinkSync("docs/agents.md", join(folder, "AGENTS.md"));
  symlinkSync("../secret.txt", join(folder, "SOUL.md"));
  symlinkSync("none", join(folder, "TOOLS.md"));
  writeFileSync(join(outside, "user.md"), "outside");
  symlinkSync(join(outside, "user.md"), join(folder, "USER.md"));
  expect(await readWorkspaceFiles(workspace)).toBe("# AGENTS.md\n\ninside");
});

test.runIf(process.platform === "linux")("what is no file, or may not be read, is passed over", async () => {
  const { put, pipe, workspace, folder } = toolWorkspace();
  put("USER.md", "Ada");
  mkdirSync(join(folder, "AGENTS.md"));
  pipe("SOUL.md");
  put("TOOLS.md", "locked");
  // The superuser reads it all the same.
  chmodSync(join(folder, "TOOLS.md"), 0o000);
  const locked = process.getuid?.() === 0 ? "# TOOLS.md\n\nlocked\n\n" : "";
  expect(await readWorkspaceFiles(workspace)).toBe(`${locked}# USER.md\n\nAda`);
});
