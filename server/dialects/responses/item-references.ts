/** Replaces the items that the input references by id with the stored items. */
import { InputItem, type ItemReference } from "../../../contracts/http/responses/items.ts";
import type { ConversationReader, OpenAiConversation } from "../../agent/sessions/conversations.ts";
import { GatewayError } from "../../lib/errors.ts";
import { listItems } from "./conversation-items.ts";
import { findItemOwner, isConversationId } from "./item-id.ts";
import type { ResponseReader } from "./previous-response.ts";

export type ResolvedItem = Exclude<InputItem, ItemReference>;

/** Resolves to those of the items that exist, by id. */
type FindItems = (ids: ReadonlySet<string>) => Promise<ReadonlyMap<string, ResolvedItem>>;

/**
 * `field` is the name of the list. Throws a 400 for an id that is not found, or that is referenced twice: otherwise a request of a few bytes could stand
 * for any amount of text.
 */
export async function resolveReferences(
  items: readonly InputItem[],
  findItems: FindItems,
  field = "input",
): Promise<readonly ResolvedItem[]> {
  const ids = new Set<string>();
  for (const [index, item] of items.entries()) {
    if (!isReference(item)) continue;
    if (ids.has(item.id))
      throw createReferenceError(field, index, `the item ${quoteId(item.id)} is in the input already`);
    ids.add(item.id);
  }
  const found: Awaited<ReturnType<FindItems>> = ids.size === 0 ? new Map() : await findItems(ids);
  return items.map((item, index) => {
    if (!isReference(item)) return item;
    const stored = found.get(item.id);
    if (stored !== undefined) return stored;
    const reason = `there is no stored item ${quoteId(item.id)}; send the item itself`;
    throw createReferenceError(field, index, reason);
  });
}

const quoteId = (id: string): string => JSON.stringify(id.slice(0, 100));

function createReferenceError(field: string, index: number, reason: string): GatewayError {
  const param = `${field}[${index}].id`;
  return new GatewayError("invalid_value", `${param}: ${reason}`, { param });
}

function isReference(item: InputItem): item is ItemReference {
  // An empty type is an unknown type, not a missing one.
  return (item.type ?? "item_reference") === "item_reference" && !("role" in item);
}

interface FinderDeps {
  readonly store: Pick<ResponseReader, "get" | "input">;
  readonly conversations: ConversationReader;
}

/**
 * Finds items of stored responses and of conversations that the credential may read. An item of the request's own
 * conversation is found whatever its id is. A response or a conversation is read once, however many of its items are referenced.
 */
export function createItemFinder(
  { store, conversations }: FinderDeps,
  credential: string,
  ownConversation: OpenAiConversation | undefined,
): FindItems {
  return async (ids) => {
    const found = new Map<string, ResolvedItem>();
    const add = (items: readonly StoredItem[]): void => {
      for (const item of items)
        if (item.id !== undefined && ids.has(item.id))
          found.set(item.id, InputItem.parse(item) as ResolvedItem);
    };
    const addOfConversation = async (sessionId: string, wantedIds: readonly string[]): Promise<void> => {
      const hasAll = (): boolean => wantedIds.every((id) => found.has(id));
      if (hasAll()) return;
      for await (const source of conversations.itemSources(sessionId, "desc")) {
        add(listItems(source));
        if (hasAll()) return;
      }
    };

    for (const [owner, ownedIds] of Map.groupBy(ids, findItemOwner)) {
      if (owner === undefined || owner === ownConversation?.id) continue;
      if (isConversationId(owner)) {
        const conversation = await conversations.find(owner, credential).catch(ignoreNotFound);
        if (conversation !== undefined) await addOfConversation(conversation.sessionId, ownedIds);
      } else add(await loadItems(owner));
    }
    if (ownConversation !== undefined) await addOfConversation(ownConversation.sessionId, [...ids]);
    return found;
  };

  async function loadItems(responseId: string): Promise<readonly StoredItem[]> {
    const response = await store.get(responseId, credential);
    if (response === undefined) return [];
    const { output } = JSON.parse(response.response) as { readonly output: readonly StoredItem[] };
    const input = JSON.parse((await store.input(responseId, credential)) ?? "[]") as readonly StoredItem[];
    return [...output, ...input];
  }
}

function ignoreNotFound(error: unknown): undefined {
  if (!(error instanceof GatewayError) || error.code !== "conversation_not_found") throw error;
}

/** Stored by this gateway, hence valid and never a reference. */
interface StoredItem {
  readonly id?: string;
}
