/** Reads the workspace files that are part of an agent's system prompt, such as AGENTS.md. */
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { truncateText } from "../lib/truncate-text.ts";
import { readFileStart } from "./tools/workspace-file.ts";
import type { Workspace } from "./tools/workspace.ts";

const agentFiles = ["AGENTS.md", "SOUL.md", "TOOLS.md", "IDENTITY.md"];
const userFiles = [
  "USER.md",
  "MEMORY.md",
  // Instructions for the first conversation. The agent deletes the file when it has followed them.
  "BOOTSTRAP.md",
];
const maxCharacters = 20_000;
/** A UTF-16 code unit takes at most three bytes of UTF-8. Two units more tell a file that is cut from one that just fits. */
const maxBytes = 3 * (maxCharacters + 2);
const maxAgeMs = 1_000;

/** Reads the files of one workspace at most once a second. `now` returns milliseconds. */
export function createWorkspaceFilesReader(
  workspace: Workspace,
  now: () => number = () => performance.now(),
): () => Promise<string> {
  let files: Promise<string> | undefined;
  let readAt = 0;
  return () => {
    if (files === undefined || now() - readAt >= maxAgeMs) {
      readAt = now();
      files = readWorkspaceFiles(workspace);
    }
    return files;
  };
}

/**
 * Returns "" when there are none. Creates no folder, and skips a file that cannot be read. What is about the user comes from
 * `userWorkspace`.
 */
export async function readWorkspaceFiles(workspace: Workspace, userWorkspace = workspace): Promise<string> {
  const sections = [...readSections(workspace, agentFiles), ...readSections(userWorkspace, userFiles)];
  if (sections.length === 0) return "";
  return (await Promise.all(sections)).filter((section) => section !== "").join("\n\n");
}

function readSections(workspace: Workspace, names: readonly string[]): readonly Promise<string>[] {
  const { folder } = workspace;
  // Synchronous calls find nothing in microseconds; asynchronous ones take a tenth of a short run.
  if (!pathExists(folder)) return [];
  return names.filter((name) => pathExists(join(folder, name))).map((name) => readSection(workspace, name));
}

function pathExists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

async function readSection(workspace: Workspace, name: string): Promise<string> {
  try {
    const file = await workspace.resolvePath(name);
    if (!file.isInside) return "";
    const bytes = await readFileStart(file, maxBytes);
    const text = new TextDecoder().decode(bytes).trim();
    return text === "" ? "" : `# ${name}\n\n${limitLength(text, name)}`;
  } catch {
    return "";
  }
}

function limitLength(text: string, name: string): string {
  if (text.length <= maxCharacters) return text;
  return `${truncateText(text, maxCharacters)}\n\n[${name} is cut here, after ${maxCharacters} characters.]`;
}
