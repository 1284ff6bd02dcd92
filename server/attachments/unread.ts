/** Turns whose attachments have not been read yet, and the turns they become. */
import type { Part, Turn } from "../agent/types.ts";
import type { Attachment, ReadAttachments } from "./attachment.ts";

type Piece = Part | Attachment;

/** As `T`, with attachments among the parts of its content. */
type Unread<T> = T extends { readonly content: readonly Part[] }
  ? Omit<T, "content"> & { readonly content: readonly Piece[] }
  : T;

export type UnreadTurn = Unread<Turn>;

/** There are no attachments among them. */
export function isRead(turns: readonly UnreadTurn[]): turns is readonly Turn[] {
  return !turns.some((turn) => "content" in turn && turn.content.some(isAttachment));
}

export async function readTurns(
  turns: readonly UnreadTurn[],
  read: ReadAttachments,
  signal: AbortSignal,
): Promise<readonly Turn[]> {
  const attachments = turns.flatMap((turn) => ("content" in turn ? turn.content.filter(isAttachment) : []));
  const parts = await read(attachments, signal);
  const partsOf = new Map(attachments.map((attachment, index) => [attachment, parts[index] ?? []]));
  return turns.map((turn): Turn => {
    if (!("content" in turn)) return turn;
    const content = turn.content.flatMap((piece) =>
      isAttachment(piece) ? (partsOf.get(piece) ?? []) : [piece],
    );
    return { ...turn, content };
  });
}

function isAttachment(piece: Piece): piece is Attachment {
  return piece.type === "attachment";
}
