/** Items that stand in the input by their id alone: the stored items take their place. */
import type { InputItem, ItemReference } from "../../../contracts/http/responses/items.ts";
import { GatewayError } from "../../errors.ts";

export type GivenItem = Exclude<InputItem, ItemReference>;

/** An item of a stored response that the caller may see. */
export type FindItem = (id: string) => Promise<GivenItem | undefined>;

/** Throws a 400 for an id that is not found. */
export async function resolveReferences(
  items: readonly InputItem[],
  findItem: FindItem,
): Promise<readonly GivenItem[]> {
  return Promise.all(
    items.map(async (item, index) => {
      if (!isReference(item)) return item;
      const found = await findItem(item.id);
      if (found !== undefined) return found;
      const param = `input[${index}].id`;
      const id = JSON.stringify(item.id.slice(0, 100));
      throw new GatewayError(
        "invalid_value",
        `${param}: there is no stored item ${id}; send the item itself`,
        {
          param,
        },
      );
    }),
  );
}

function isReference(item: InputItem): item is ItemReference {
  return item.type === "item_reference" || (!item.type && !("role" in item));
}
