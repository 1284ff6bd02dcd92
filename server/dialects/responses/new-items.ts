/** Parses the items that a caller adds to a conversation into the entries that store them. */
import type { InputItem, ListedItem } from "../../../contracts/http/responses/items.ts";
import type { ConversationReader, OpenAiConversation } from "../../agent/sessions/conversations.ts";
import type { Entry } from "../../agent/sessions/store.ts";
import type { ReadAttachmentsOf } from "../../attachments/attachment.ts";
import { resolveTurns } from "../../attachments/unresolved-turns.ts";
import { mapAbortError } from "../../lib/abort.ts";
import type { NewId } from "../../lib/ports.ts";
import type { Encryption } from "../encryption.ts";
import { parseConversation } from "./conversation.ts";
import { createConversationItemList } from "./input-item-list.ts";
import { createItemEntries } from "./conversation-items.ts";
import { toAdditionPrefix } from "./item-id.ts";
import { createItemFinder, resolveReferences } from "./item-references.ts";
import type { ResponseReader } from "./previous-response.ts";

interface NewItemsDeps {
  readonly store: Pick<ResponseReader, "get" | "input">;
  readonly conversations: ConversationReader;
  readonly encryption: Pick<Encryption, "decrypt">;
  readonly readAttachments: ReadAttachmentsOf;
  readonly newId: NewId;
}

interface NewItems {
  readonly entries: readonly Entry[];
  readonly items: readonly ListedItem[];
}

interface NewItemsRequest {
  readonly conversationId: string;
  /** The conversation, when it exists. */
  readonly conversation?: OpenAiConversation;
  /** Name of the credential of the request. */
  readonly credential: string;
  readonly signal: AbortSignal;
}

/** Throws a 400 for an item that the model cannot read. */
export type ParseNewItems = (input: readonly InputItem[], request: NewItemsRequest) => Promise<NewItems>;

export function createNewItemsParser({
  store,
  conversations,
  encryption,
  readAttachments,
  newId,
}: NewItemsDeps): ParseNewItems {
  return async (input, { conversationId, conversation, credential, signal }) => {
    if (input.length === 0) return { entries: [], items: [] };
    const resolved = await resolveReferences(
      input,
      createItemFinder({ store, conversations }, credential, conversation),
      "items",
    );
    const params = resolved.map((_, index) => `items[${index}]`);
    const { turns } = parseConversation(resolved, params, {
      decrypt: (encrypted, kind) => encryption.decrypt(encrypted, { kind, credential }),
      // A call and its output may be added one after the other.
      isKnownCall: () => true,
      keepsInstructions: true,
    });
    const readTurns = await mapAbortError(signal, () =>
      resolveTurns(turns, readAttachments(credential), signal),
    );
    const runId = newId(toAdditionPrefix(conversationId));
    const items = createConversationItemList(resolved, runId);
    const entries: readonly Entry[] = [
      ...readTurns.map((turn) => ({ kind: "turn", runId, turn }) as const),
      ...createItemEntries(runId, items),
    ];
    return { entries, items };
  };
}
