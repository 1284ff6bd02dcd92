/** Loads the response that a request continues, as the history of its run. */
import type {
  ChainEntry,
  Instructions,
  ResponseChain,
  ResponseStore,
  Settings,
  StoredResponse,
} from "../../agent/sessions/responses.ts";
import type { SettingItem } from "../../../contracts/http/responses/setting-items.ts";
import type { Run, Turn } from "../../agent/types.ts";
import { GatewayError } from "../../lib/errors.ts";

interface Owner {
  readonly agentId: string;
  readonly credential: string;
}

interface PreviousResponse extends ResponseChain {
  /** Kept in memory only; a stored follow-up must copy the whole history. */
  readonly inMemory?: boolean;
}

/** Reads stored responses, and on a WebSocket the one in the connection's cache. */
export interface ResponseReader extends Pick<ResponseStore, "input"> {
  chain(id: string, owner: Owner): Promise<PreviousResponse | undefined>;
  get(id: string, viewer: string): Promise<Pick<StoredResponse, "response"> | undefined>;
}

export interface History {
  /** The stored response to link to. Undefined when there is none, or when `inherited` has everything. */
  readonly previousId: string | undefined;
  /** The session of the previous response. It has its own transcript, so everything below is empty. */
  readonly sessionKey: string | undefined;
  /** The turns before this request. */
  readonly earlier: readonly Turn[];
  /** What a stored follow-up must copy, because no link leads to it. */
  readonly inherited: readonly ChainEntry[];
  /** The instruction messages before this request; they stay in force. */
  readonly instructions: readonly string[];
  /** The items before this request that change settings; they stay in force. */
  readonly settings: readonly SettingItem[];
}

const param = "previous_response_id";

const emptyHistory: History = {
  previousId: undefined,
  sessionKey: undefined,
  earlier: [],
  inherited: [],
  instructions: [],
  settings: [],
};

/**
 * Returns an empty history without an `id`. Throws a 400 when this credential and agent have no such response, or when
 * it is still in progress. With `copiesHistory` the follow-up does not link to the stored response.
 */
export async function loadPreviousResponse(
  store: Pick<ResponseReader, "chain">,
  id: string | undefined,
  owner: Owner,
  copiesHistory: boolean,
): Promise<History> {
  if (id === undefined) return emptyHistory;
  const { turns: entries, sessionKey, inMemory = false } = await findChain(store, id, owner);
  const linked = inMemory ? emptyHistory : { ...emptyHistory, previousId: id };
  // A session continues from its transcript, whichever of its responses is named.
  if (sessionKey !== undefined) return { ...linked, sessionKey };
  return {
    ...linked,
    earlier: entries.filter((entry) => entry.role !== "instructions" && entry.role !== "settings"),
    inherited: inMemory || copiesHistory ? entries : [],
    instructions: entries.filter((entry) => entry.role === "instructions").map(({ text }) => text),
    settings: entries.flatMap((entry) =>
      entry.role === "settings" ? (entry.items as readonly SettingItem[]) : [],
    ),
  };
}

async function findChain(
  store: Pick<ResponseReader, "chain">,
  id: string,
  owner: Owner,
): Promise<PreviousResponse> {
  const chain = await store.chain(id, owner);
  const name = JSON.stringify(id.slice(0, 100));
  if (chain === undefined)
    throw new GatewayError(
      "previous_response_not_found",
      `${param}: the agent "${owner.agentId}" has no stored response ${name}`,
      { param },
    );
  if (chain.status === "queued" || chain.status === "in_progress")
    throw new GatewayError("invalid_value", `${param}: the response ${name} is still in progress`, { param });
  return chain;
}

/** Puts the earlier turns before those of the request. The turns' params tell errors which field a turn comes from. */
export function prependHistory(
  { earlier }: History,
  turns: readonly Turn[],
  turnParams: readonly string[],
): Required<Pick<Run, "turns" | "turnParams" | "earlierCount">> {
  return {
    turns: [...earlier, ...turns],
    turnParams: [...earlier.map(() => param), ...turnParams],
    earlierCount: earlier.length,
  };
}

export const toSettingsEntries = (items: readonly SettingItem[]): readonly Settings[] =>
  items.length === 0 ? [] : [{ role: "settings", items }];

export const toInstructionsEntry = (text: string): Instructions => ({ role: "instructions", text });
