/** Replaces the items that the input references by id with the stored items. */
import { InputItem, type ItemReference } from "../../../contracts/http/responses/items.ts";
import { GatewayError } from "../../lib/errors.ts";
import { findResponseId } from "./item-id.ts";
import type { ResponseReader } from "./previous-response.ts";

export type ResolvedItem = Exclude<InputItem, ItemReference>;

type FindItem = (id: string) => Promise<ResolvedItem | undefined>;

/**
 * `field` is the name of the list. Throws a 400 for an id that is not found, or that is referenced twice: otherwise a request of a few bytes could stand
 * for any amount of text.
 */
export async function resolveReferences(
  items: readonly InputItem[],
  findItem: FindItem,
  field = "input",
): Promise<readonly ResolvedItem[]> {
  const referencedIds = new Set<string>();
  return Promise.all(
    items.map(async (item, index) => {
      if (!isReference(item)) return item;
      const id = JSON.stringify(item.id.slice(0, 100));
      if (referencedIds.has(item.id))
        throw createInvalidReferenceError(`${field}[${index}].id`, `the item ${id} is in the input already`);
      referencedIds.add(item.id);
      const found = await findItem(item.id);
      if (found === undefined)
        throw createInvalidReferenceError(
          `${field}[${index}].id`,
          `there is no stored item ${id}; send the item itself`,
        );
      return found;
    }),
  );
}

function createInvalidReferenceError(param: string, reason: string): GatewayError {
  return new GatewayError("invalid_value", `${param}: ${reason}`, { param });
}

function isReference(item: InputItem): item is ItemReference {
  // An empty type is an unknown type, not a missing one.
  return (item.type ?? "item_reference") === "item_reference" && !("role" in item);
}

/** Finds items of the input and the output of every stored response that the credential may read. */
export function createItemFinder(store: Pick<ResponseReader, "get" | "input">, credential: string): FindItem {
  const loadItems = async (responseId: string): Promise<readonly StoredItem[]> => {
    const response = await store.get(responseId, credential);
    if (response === undefined) return [];
    const { output } = JSON.parse(response.response) as { readonly output: readonly StoredItem[] };
    const input = JSON.parse((await store.input(responseId, credential)) ?? "[]") as readonly StoredItem[];
    return [...output, ...input];
  };
  /** A response is read once, however many of its items are referenced. */
  const itemsByResponse = new Map<string, Promise<readonly StoredItem[]>>();
  return async (id) => {
    const responseId = findResponseId(id);
    if (responseId === undefined) return undefined;
    const items = itemsByResponse.get(responseId) ?? loadItems(responseId);
    itemsByResponse.set(responseId, items);
    const item = (await items).find((each) => each.id === id);
    return item && (InputItem.parse(item) as ResolvedItem);
  };
}

/** Stored by this gateway, hence valid and never a reference. */
interface StoredItem {
  readonly id?: string;
}
