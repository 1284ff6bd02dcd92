/** Turns whose attachments are not read yet, and their conversion to turns. */
import type { Part, Turn } from "../agent/types.ts";
import type { Attachment, ReadAttachments } from "./attachment.ts";

type UnresolvedPart = Part | Attachment;

/** `T` with attachments among the parts of its content. */
type Unresolved<T> = T extends { readonly content: readonly Part[] }
  ? Omit<T, "content"> & { readonly content: readonly UnresolvedPart[] }
  : T;

export type UnresolvedTurn = Unresolved<Turn>;

/** Whether the turns contain no attachments. */
export function isResolved(turns: readonly UnresolvedTurn[]): turns is readonly Turn[] {
  return !turns.some((turn) => "content" in turn && turn.content.some(isAttachment));
}

export async function resolveTurns(
  turns: readonly UnresolvedTurn[],
  readAttachments: ReadAttachments,
  signal: AbortSignal,
): Promise<readonly Turn[]> {
  const attachments = turns.flatMap((turn) => ("content" in turn ? turn.content.filter(isAttachment) : []));
  const parts = await readAttachments(attachments, signal);
  const partsByAttachment = new Map(attachments.map((attachment, index) => [attachment, parts[index] ?? []]));
  return turns.map((turn): Turn => {
    if (!("content" in turn)) return turn;
    const content = turn.content.flatMap((part) =>
      isAttachment(part) ? (partsByAttachment.get(part) ?? []) : [part],
    );
    return { ...turn, content };
  });
}

function isAttachment(part: UnresolvedPart): part is Attachment {
  return part.type === "attachment";
}
