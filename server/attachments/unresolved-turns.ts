/** Turns whose attachments are not read yet, and their conversion to turns. */
import type { Part, ToolTurn, Turn, UserTurn } from "../agent/types.ts";
import type { Attachment, ReadAttachments } from "./attachment.ts";

type UnresolvedPart = Part | Attachment;

/** `T` with attachments among the parts of its content. */
type Unresolved<T> = T extends UserTurn | ToolTurn
  ? Omit<T, "content"> & { readonly content: readonly UnresolvedPart[] }
  : T;

export type UnresolvedTurn = Unresolved<Turn>;

/** Whether the turns contain no attachments. */
export function isResolved(turns: readonly UnresolvedTurn[]): turns is readonly Turn[] {
  return !turns.some((turn) => listAttachments(turn).length > 0);
}

export async function resolveTurns(
  turns: readonly UnresolvedTurn[],
  readAttachments: ReadAttachments,
  signal: AbortSignal,
): Promise<readonly Turn[]> {
  const attachments = turns.flatMap(listAttachments);
  const parts = await readAttachments(attachments, signal);
  const partsByAttachment = new Map(attachments.map((attachment, index) => [attachment, parts[index] ?? []]));
  return turns.map((turn): Turn => {
    if (turn.role === "assistant" || turn.role === "system") return turn;
    const content = turn.content.flatMap((part) =>
      isAttachment(part) ? keepCacheControl(partsByAttachment.get(part) ?? [], part) : [part],
    );
    return { ...turn, content };
  });
}

const keepCacheControl = (parts: readonly Part[], { cacheControl }: Attachment): readonly Part[] =>
  cacheControl === undefined
    ? parts
    : parts.map((part, index) => (index === parts.length - 1 ? { ...part, cacheControl } : part));

function listAttachments(turn: UnresolvedTurn): readonly Attachment[] {
  return turn.role === "assistant" || turn.role === "system" ? [] : turn.content.filter(isAttachment);
}

function isAttachment(part: UnresolvedPart): part is Attachment {
  return part.type === "attachment";
}
