/** What was stored before a request: the response that it continues, and items that it names by their id. */
import { InputItem } from "../../../contracts/http/responses/items.ts";
import type { ResponseChain, ResponseStore, StoredResponse } from "../../agent/sessions/responses.ts";
import { GatewayError } from "../../errors.ts";
import { responseOfItem } from "./item-id.ts";
import type { FindItem, GivenItem } from "./references.ts";

interface Owner {
  readonly agentId: string;
  readonly credential: string;
}

interface PreviousChain extends ResponseChain {
  /** It is stored nowhere: who continues it and is stored has to keep all of it. */
  readonly fleeting?: boolean;
}

/** Where earlier responses are found. */
export interface FindResponses extends Pick<ResponseStore, "input"> {
  chain(id: string, owner: Owner): Promise<PreviousChain | undefined>;
  get(id: string, viewer: string): Promise<Pick<StoredResponse, "response"> | undefined>;
}

const param = "previous_response_id";

/** Throws a 400 when there is no such response of this credential and agent, or it is still being made. */
export async function findPrevious(
  store: Pick<FindResponses, "chain">,
  id: string,
  owner: Owner,
): Promise<PreviousChain> {
  const chain = await store.chain(id, owner);
  const name = JSON.stringify(id.slice(0, 100));
  if (chain === undefined)
    throw new GatewayError(
      "previous_response_not_found",
      `${param}: the agent "${owner.agentId}" has no stored response ${name}`,
      { param },
    );
  if (chain.status === "queued" || chain.status === "in_progress")
    throw new GatewayError("invalid_value", `${param}: the response ${name} is still being made`, { param });
  return chain;
}

/** Of the output or the input of any response that this credential may see. */
export function createFindItem(store: Pick<FindResponses, "get" | "input">, credential: string): FindItem {
  const itemsOf = async (responseId: string): Promise<readonly Stored[]> => {
    const response = await store.get(responseId, credential);
    if (response === undefined) return [];
    const { output } = JSON.parse(response.response) as { readonly output: readonly Stored[] };
    const input = JSON.parse((await store.input(responseId, credential)) ?? "[]") as readonly Stored[];
    return [...output, ...input];
  };
  /** A large response is not read again for each of its items. */
  const found = new Map<string, Promise<readonly Stored[]>>();
  return async (id) => {
    const responseId = responseOfItem(id);
    if (responseId === undefined) return undefined;
    const items = found.get(responseId) ?? itemsOf(responseId);
    found.set(responseId, items);
    const item = (await items).find((each) => each.id === id);
    return item && (InputItem.parse(item) as GivenItem);
  };
}

/** Written by this gateway, and not a reference. */
interface Stored {
  readonly id?: string;
}
