/** Computes the new content of every file of a patch before anything is written. */
import { applyHunks } from "./patch-hunks.ts";
import type { FilePatch } from "./patch-format.ts";
import { encodeText, getReplaceableMode, readText, assertNotLink } from "./workspace-file.ts";
import type { WorkspacePath, Workspace } from "./workspace.ts";

export interface PlannedFile {
  readonly workspacePath: WorkspacePath;
  readonly existed: boolean;
  /** Undefined: the file is deleted. */
  readonly bytes: Buffer | undefined;
  /** For a moved file: the permission bits of the original. */
  readonly mode: number | undefined;
}

/** The state of a file after the earlier sections of the patch. */
interface StagedFile {
  readonly workspacePath: WorkspacePath;
  readonly existed: boolean;
  readonly mode: number | undefined;
  readonly exists: boolean;
  /** The new content; undefined while the patch has not changed it. */
  readonly text: string | undefined;
}

/** Throws when any section does not fit. */
export async function planPatch(
  patches: readonly FilePatch[],
  workspace: Workspace,
): Promise<readonly PlannedFile[]> {
  const stagedFiles = new Map<string, StagedFile>();
  const stage = (file: StagedFile): void => void stagedFiles.set(file.workspacePath.realPath, file);
  const loadFile = async (path: string): Promise<StagedFile> => {
    const workspacePath = await workspace.resolvePath(path);
    const mode = await getReplaceableMode(workspacePath);
    const existed = mode !== undefined;
    return (
      stagedFiles.get(workspacePath.realPath) ?? {
        workspacePath,
        existed,
        mode,
        exists: existed,
        text: undefined,
      }
    );
  };

  for (const patch of patches) {
    const file = await loadFile(patch.path);
    const { displayPath } = file.workspacePath;
    if (patch.kind === "add") {
      if (file.exists) throw new Error(`${displayPath} already exists: use "*** Update File".`);
      stage({ ...file, exists: true, text: patch.text });
      continue;
    }
    if (!file.exists) {
      throw new Error(
        `${displayPath} does not exist${patch.kind === "update" ? ': use "*** Add File"' : ""}.`,
      );
    }
    if (patch.kind === "delete") {
      stage(await markDeleted(file));
      continue;
    }
    const text = applyUpdate(file.text ?? (await readText(file.workspacePath)), patch, displayPath);
    const target = patch.moveTo === undefined ? file : await loadFile(patch.moveTo);
    if (target.workspacePath.realPath !== file.workspacePath.realPath) {
      if (target.exists)
        throw new Error(
          `${target.workspacePath.displayPath} already exists: ${displayPath} cannot be moved to it.`,
        );
      stage(await markDeleted(file));
    }
    stage({ ...target, mode: file.mode, exists: true, text });
  }

  return [...stagedFiles.values()]
    .filter(({ existed, exists }) => existed || exists)
    .map(({ workspacePath, existed, mode, text }) => ({
      workspacePath,
      existed,
      mode,
      bytes: text === undefined ? undefined : encodeText(text, workspacePath),
    }));
}

async function markDeleted(file: StagedFile): Promise<StagedFile> {
  if (file.existed) await assertNotLink(file.workspacePath);
  return { ...file, exists: false, text: undefined };
}

function applyUpdate(
  text: string,
  { hunks }: FilePatch & { readonly kind: "update" },
  displayPath: string,
): string {
  try {
    return applyHunks(text, hunks);
  } catch (error) {
    throw new Error(`${displayPath}, ${(error as Error).message}`, { cause: error });
  }
}
