/** What a patch does to which files, worked out to the last hunk before anything is written. */
import { applyHunks } from "./patch-hunks.ts";
import type { FilePatch } from "./patch-format.ts";
import { bytesOf, checkReplaceable, readText, refuseLink } from "./stored-file.ts";
import type { Place, Workspace } from "./workspace.ts";

export interface PlannedFile {
  readonly place: Place;
  readonly existed: boolean;
  /** Undefined: the file goes. */
  readonly bytes: Buffer | undefined;
  /** For a new file: the rights of the one that it was. */
  readonly mode: number | undefined;
}

/** A file as the parts of the patch before this one leave it. */
interface Staged {
  readonly place: Place;
  readonly existed: boolean;
  readonly mode: number | undefined;
  readonly there: boolean;
  /** What the patch makes of it; undefined while it holds what it held. */
  readonly text: string | undefined;
}

/** Throws when any part does not fit. */
export async function planPatch(
  patches: readonly FilePatch[],
  workspace: Workspace,
): Promise<readonly PlannedFile[]> {
  const staged = new Map<string, Staged>();
  const stage = (file: Staged): void => void staged.set(file.place.real, file);
  const look = async (path: string): Promise<Staged> => {
    const place = await workspace.locate(path);
    const mode = await checkReplaceable(place);
    const existed = mode !== undefined;
    return staged.get(place.real) ?? { place, existed, mode, there: existed, text: undefined };
  };

  for (const patch of patches) {
    const file = await look(patch.path);
    const { shown } = file.place;
    if (patch.kind === "add") {
      if (file.there) throw new Error(`${shown} is there already: use "*** Update File".`);
      stage({ ...file, there: true, text: patch.text });
      continue;
    }
    if (!file.there) {
      throw new Error(`${shown} does not exist${patch.kind === "update" ? ': use "*** Add File"' : ""}.`);
    }
    if (patch.kind === "delete") {
      stage(await gone(file));
      continue;
    }
    const text = updated(file.text ?? (await readText(file.place)), patch, shown);
    const target = patch.moveTo === undefined ? file : await look(patch.moveTo);
    if (target.place.real !== file.place.real) {
      if (target.there)
        throw new Error(`${target.place.shown} is there already: ${shown} cannot be moved to it.`);
      stage(await gone(file));
    }
    stage({ ...target, mode: file.mode, there: true, text });
  }

  return [...staged.values()]
    .filter(({ existed, there }) => existed || there)
    .map(({ place, existed, mode, text }) => ({
      place,
      existed,
      mode,
      bytes: text === undefined ? undefined : bytesOf(text, place),
    }));
}

async function gone(file: Staged): Promise<Staged> {
  if (file.existed) await refuseLink(file.place);
  return { ...file, there: false, text: undefined };
}

function updated(text: string, { hunks }: FilePatch & { readonly kind: "update" }, shown: string): string {
  try {
    return applyHunks(text, hunks);
  } catch (error) {
    throw new Error(`${shown}, ${(error as Error).message}`, { cause: error });
  }
}
