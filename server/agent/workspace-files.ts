/** What an agent's workspace adds to its system prompt: files that people write about who it is and how it works. */
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { cutText } from "./tools/cap-output.ts";
import { readStart } from "./tools/stored-file.ts";
import type { Workspace } from "./tools/workspace.ts";

const names = ["AGENTS.md", "SOUL.md", "TOOLS.md", "IDENTITY.md", "USER.md"];
const maxCharacters = 20_000;
/** A character takes at most three bytes for each of the units that are counted; and one more shows that there is more. */
const maxBytes = 3 * (maxCharacters + 2);

/** "" when there are none. Makes no folder, and a file that cannot be read does not stop the run. */
export async function readWorkspaceFiles(workspace: Workspace): Promise<string> {
  const { folder } = workspace;
  // Before every run: to find nothing costs microseconds this way, and a tenth of a short run the other.
  const there = isThere(folder) ? names.filter((name) => isThere(join(folder, name))) : [];
  if (there.length === 0) return "";
  const sections = await Promise.all(there.map((name) => readSection(workspace, name)));
  return sections.filter((section) => section !== "").join("\n\n");
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

async function readSection(workspace: Workspace, name: string): Promise<string> {
  try {
    const place = await workspace.locate(name);
    if (!place.inside) return "";
    const bytes = await readStart(place, maxBytes);
    const text = new TextDecoder().decode(bytes).trim();
    return text === "" ? "" : `# ${name}\n\n${capped(text, name)}`;
  } catch {
    return "";
  }
}

function capped(text: string, name: string): string {
  if (text.length <= maxCharacters) return text;
  return `${cutText(text, maxCharacters)}\n\n[${name} is cut here, after ${maxCharacters} characters.]`;
}
