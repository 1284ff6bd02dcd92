/** /v1/conversations: conversations and their items. */
import type { ReplyOf } from "../../contracts/endpoint.ts";
import type {
  createConversation,
  deleteConversation,
  retrieveConversation,
  updateConversation,
} from "../../contracts/http/conversations/conversation.ts";
import type {
  createConversationItems,
  deleteConversationItem,
  listConversationItems,
  retrieveConversationItem,
} from "../../contracts/http/conversations/items.ts";
import { itemPage } from "../../contracts/http/responses/input-items.ts";
import type { InputItem, ListedItem } from "../../contracts/http/responses/items.ts";
import type { EditConversation } from "../agent/edit-conversation.ts";
import type { RunningRuns } from "../agent/running-runs.ts";
import type { SessionCatalog } from "../agent/sessions/catalog.ts";
import type { ConversationStore, ItemSource, OpenAiConversation } from "../agent/sessions/conversations.ts";
import { findConversationId } from "../agent/sessions/session-keys.ts";
import { listItems } from "../dialects/responses/conversation-items.ts";
import { createDeletion } from "../dialects/responses/delete-item.ts";
import type { ParseNewItems } from "../dialects/responses/new-items.ts";
import { GatewayError } from "../lib/errors.ts";
import type { NewId } from "../lib/ports.ts";
import type { Handler } from "./handler.ts";

interface ConversationDeps {
  readonly conversations: ConversationStore;
  readonly sessions: Pick<SessionCatalog, "remove">;
  readonly runs: Pick<RunningRuns, "abort">;
  readonly edit: EditConversation;
  readonly parseItems: ParseNewItems;
  readonly newId: NewId;
}

interface ConversationHandlers {
  readonly createConversation: Handler<typeof createConversation>;
  readonly retrieveConversation: Handler<typeof retrieveConversation>;
  readonly updateConversation: Handler<typeof updateConversation>;
  readonly deleteConversation: Handler<typeof deleteConversation>;
  readonly createConversationItems: Handler<typeof createConversationItems>;
  readonly listConversationItems: Handler<typeof listConversationItems>;
  readonly retrieveConversationItem: Handler<typeof retrieveConversationItem>;
  readonly deleteConversationItem: Handler<typeof deleteConversationItem>;
}

type ItemList = ReplyOf<typeof listConversationItems>;

export function createConversationHandlers({
  conversations,
  sessions,
  runs,
  edit,
  parseItems,
  newId,
}: ConversationDeps): ConversationHandlers {
  return {
    async createConversation({ body, credential, signal }) {
      const items: readonly InputItem[] = body.items ?? [];
      const metadata = body.metadata ?? {};
      const id = newId("conv_");
      const request = { conversationId: id, credential: credential.name, signal };
      const { entries } = await parseItems(items, request);
      const created = await conversations.create({ id, credential: credential.name, metadata, entries });
      return { reply: toReply(created) };
    },
    async retrieveConversation({ params, credential }) {
      return { reply: toReply(await conversations.find(params.conversation_id, credential.name)) };
    },
    async updateConversation({ params, body, credential }) {
      const metadata = body.metadata ?? {};
      const updated = await conversations.update(params.conversation_id, credential.name, metadata);
      return { reply: toReply(updated) };
    },
    async deleteConversation({ params: { conversation_id: id }, credential }) {
      const { sessionKey } = await conversations.find(id, credential.name);
      runs.abort((run) => run.sessionKey !== undefined && findConversationId(run.sessionKey) === id);
      await sessions.remove(sessionKey, credential.name);
      return { reply: { id, object: "conversation.deleted", deleted: true } };
    },

    async createConversationItems({ params, body, credential, signal }) {
      const conversation = await conversations.find(params.conversation_id, credential.name);
      const request = {
        conversationId: conversation.id,
        conversation,
        credential: credential.name,
        signal,
      };
      const { entries, items } = await parseItems(body.items, request);
      await edit(request, () => Promise.resolve(entries));
      return { reply: toList(items, false) };
    },
    async listConversationItems({ params, query, credential }) {
      const { sessionId } = await conversations.find(params.conversation_id, credential.name);
      const { order = "desc", limit = itemPage.default, after } = query;
      const data: ListedItem[] = [];
      let isInPage = after === undefined;
      for await (const source of conversations.itemSources(sessionId, order)) {
        const items = listItems(source);
        for (const item of order === "asc" ? items : items.toReversed()) {
          if (data.length === limit) return { reply: toList(data, true) };
          if (isInPage) data.push(item);
          isInPage ||= item.id === after;
        }
      }
      if (!isInPage) throw createUnknownPositionError(after ?? "");
      return { reply: toList(data, false) };
    },
    async retrieveConversationItem({ params, credential }) {
      const conversation = await conversations.find(params.conversation_id, credential.name);
      const { item } = await findItem(conversation, params.item_id);
      return { reply: item };
    },
    async deleteConversationItem({ params, credential, signal }) {
      const conversation = await conversations.find(params.conversation_id, credential.name);
      await edit({ conversation, credential: credential.name, signal }, async () => {
        const { item, source } = await findItem(conversation, params.item_id);
        const turns = await conversations.turnsOf(conversation.sessionId, source.runId);
        return [createDeletion(item, listItems(source), turns)];
      });
      return { reply: toReply(conversation) };
    },
  };

  /** Searches from the newest item on. */
  async function findItem(
    { sessionId }: OpenAiConversation,
    id: string,
  ): Promise<{ readonly item: ListedItem; readonly source: ItemSource }> {
    for await (const source of conversations.itemSources(sessionId, "desc")) {
      const item = listItems(source).find((each) => each.id === id);
      if (item !== undefined) return { item, source };
    }
    const name = JSON.stringify(id.slice(0, 100));
    throw new GatewayError("item_not_found", `The conversation has no item ${name}.`, { param: "item_id" });
  }
}

const toReply = ({ id, createdAt, metadata }: OpenAiConversation): ReplyOf<typeof createConversation> => ({
  id,
  object: "conversation",
  created_at: Math.floor(createdAt / 1000),
  metadata,
});

const toList = (data: readonly ListedItem[], hasMore: boolean): ItemList => ({
  object: "list",
  data: [...data],
  first_id: data[0]?.id ?? "",
  last_id: data.at(-1)?.id ?? "",
  has_more: hasMore,
});

function createUnknownPositionError(id: string): GatewayError {
  const name = JSON.stringify(id.slice(0, 100));
  return new GatewayError("invalid_value", `after: the conversation has no item ${name}`, { param: "after" });
}
