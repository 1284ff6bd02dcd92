/** Conversations and their items: create, retrieve, update and delete. */
import type { ApiPromise, WithRequestId } from "./api-promise.ts";
import type { CallOptions } from "./call-options.ts";
import type { ClientOptions } from "./client-options.ts";
import { requestPages, type PagePromise } from "./pages.ts";
import type { InputItemsOptions } from "./responses.ts";
import type {
  Conversation,
  ConversationCreateRequest,
  ConversationDeleted,
  ConversationItem,
  ConversationItems,
  ConversationItemsRequest,
  ConversationUpdateRequest,
} from "./schemas.ts";
import { createTransport, type Transport } from "./transport.ts";

export interface Items {
  /**
   * Add items to a conversation.
   *
   * Adds items at the end of a conversation, after the runs that are in progress or wait in it. The gateway
   * gives each item an id. Messages of `system` and `developer` are instructions from there on. Returns the
   * items that were added.
   *
   * Needs the scope `operator.write` or `run`.
   *
   * On when `gateway.http.endpoints.responses.enabled` is true.
   * @see POST /v1/conversations/{conversation_id}/items
   */
  create(
    conversationId: string,
    body: ConversationItemsRequest,
    options?: CallOptions,
  ): ApiPromise<ConversationItems & WithRequestId>;
  /**
   * List the items of a conversation.
   *
   * Lists the items of a conversation in pages, with those that a summary has replaced for the model. The
   * next page starts `after` the `last_id` of this one. Turns that came by another API have items too. The
   * calls of the agent's own tools are not listed. Other query parameters are accepted and ignored.
   *
   * Needs the scope `operator.read` or `run`.
   *
   * On when `gateway.http.endpoints.responses.enabled` is true.
   * @see GET /v1/conversations/{conversation_id}/items
   */
  list(conversationId: string, options?: InputItemsOptions): PagePromise<ConversationItems, ConversationItem>;
  /**
   * Retrieve an item of a conversation.
   *
   * Returns one item. Query parameters are accepted and ignored.
   *
   * Needs the scope `operator.read` or `run`.
   *
   * On when `gateway.http.endpoints.responses.enabled` is true.
   * @see GET /v1/conversations/{conversation_id}/items/{item_id}
   */
  retrieve(
    conversationId: string,
    itemId: string,
    options?: CallOptions,
  ): ApiPromise<ConversationItem & WithRequestId>;
  /**
   * Delete an item of a conversation.
   *
   * Deletes one item, after the runs that are in progress or wait in the conversation. The model no longer
   * sees it, unless a summary has replaced it. A call that loses its output gets one that says so. Returns
   * the conversation.
   *
   * Needs the scope `operator.write` or `run`.
   *
   * On when `gateway.http.endpoints.responses.enabled` is true.
   * @see DELETE /v1/conversations/{conversation_id}/items/{item_id}
   */
  delete(
    conversationId: string,
    itemId: string,
    options?: CallOptions,
  ): ApiPromise<Conversation & WithRequestId>;
}

export interface Conversations {
  /**
   * Create a conversation.
   *
   * Creates a conversation of the credential. It has no agent until its first response, whose agent keeps it:
   * then it is the session `agent:<id>:conv:<conversation id>`, which chat completions and the socket
   * continue too. It is deleted when it has not been used for as long as sessions are kept,
   * `session.maintenance.pruneAfter`.
   *
   * Needs the scope `operator.write` or `run`.
   *
   * On when `gateway.http.endpoints.responses.enabled` is true.
   * @see POST /v1/conversations
   */
  create(body?: ConversationCreateRequest, options?: CallOptions): ApiPromise<Conversation & WithRequestId>;
  /**
   * Retrieve a conversation.
   *
   * Returns a conversation without its items.
   *
   * Needs the scope `operator.read` or `run`.
   *
   * On when `gateway.http.endpoints.responses.enabled` is true.
   * @see GET /v1/conversations/{conversation_id}
   */
  retrieve(id: string, options?: CallOptions): ApiPromise<Conversation & WithRequestId>;
  /**
   * Update a conversation.
   *
   * Replaces the metadata of a conversation.
   *
   * Needs the scope `operator.write` or `run`.
   *
   * On when `gateway.http.endpoints.responses.enabled` is true.
   * @see POST /v1/conversations/{conversation_id}
   */
  update(
    id: string,
    body: ConversationUpdateRequest,
    options?: CallOptions,
  ): ApiPromise<Conversation & WithRequestId>;
  /**
   * Delete a conversation.
   *
   * Deletes a conversation with its items, which is its session too. A run in progress is aborted. Responses
   * of the conversation stay.
   *
   * Needs the scope `operator.write` or `run`.
   *
   * On when `gateway.http.endpoints.responses.enabled` is true.
   * @see DELETE /v1/conversations/{conversation_id}
   */
  delete(id: string, options?: CallOptions): ApiPromise<ConversationDeleted & WithRequestId>;
  readonly items: Items;
}

/** Conversations alone, for small bundles. */
export function createConversations(options: ClientOptions = {}): Conversations {
  return bindConversations(createTransport(options));
}

export function bindConversations({ read, run }: Transport): Conversations {
  const path = "/v1/conversations/{conversation_id}";
  const itemsPath = `${path}/items` as const;
  const itemPath = `${itemsPath}/{item_id}` as const;
  return {
    create: (body = {}, options = {}) => run("post", "/v1/conversations", { body }, options),
    retrieve: (id, options = {}) => read("get", path, { path: { conversation_id: id } }, options),
    update: (id, body, options = {}) => run("post", path, { path: { conversation_id: id }, body }, options),
    delete: (id, options = {}) => run("delete", path, { path: { conversation_id: id } }, options),
    items: {
      create: (id, body, options = {}) =>
        run("post", itemsPath, { path: { conversation_id: id }, body }, options),
      list: (id, { order, after, limit, ...options } = {}) =>
        requestPages<ConversationItems, ConversationItem, string>({
          request: (cursor = after, finish) => {
            const parts = { path: { conversation_id: id }, query: { order, after: cursor, limit } };
            return read("get", itemsPath, parts, options, finish);
          },
          getItems: ({ data }) => data,
          getNextCursor: ({ has_more: hasMore, last_id: lastId }) => (hasMore ? lastId : null),
        }),
      retrieve: (id, itemId, options = {}) =>
        read("get", itemPath, { path: { conversation_id: id, item_id: itemId } }, options),
      delete: (id, itemId, options = {}) =>
        run("delete", itemPath, { path: { conversation_id: id, item_id: itemId } }, options),
    },
  };
}
