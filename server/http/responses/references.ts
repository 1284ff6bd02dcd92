/** Items that stand in the input by their id alone: the stored items take their place. */
import type { InputItem, ItemReference } from "../../../contracts/http/responses/items.ts";
import { GatewayError } from "../../errors.ts";

export type GivenItem = Exclude<InputItem, ItemReference>;

/** An item of a stored response that the caller may see. */
export type FindItem = (id: string) => Promise<GivenItem | undefined>;

/** Throws a 400 for an id that is not found, or named twice: a few bytes could stand for any amount of text. */
export async function resolveReferences(
  items: readonly InputItem[],
  findItem: FindItem,
): Promise<readonly GivenItem[]> {
  const named = new Set<string>();
  return Promise.all(
    items.map(async (item, index) => {
      if (!isReference(item)) return item;
      const id = JSON.stringify(item.id.slice(0, 100));
      if (named.has(item.id)) throw refused(index, `the item ${id} stands in the input already`);
      named.add(item.id);
      const found = await findItem(item.id);
      if (found === undefined) throw refused(index, `there is no stored item ${id}; send the item itself`);
      return found;
    }),
  );
}

function refused(index: number, reason: string): GatewayError {
  const param = `input[${index}].id`;
  return new GatewayError("invalid_value", `${param}: ${reason}`, { param });
}

function isReference(item: InputItem): item is ItemReference {
  return item.type === "item_reference" || (!item.type && !("role" in item));
}
