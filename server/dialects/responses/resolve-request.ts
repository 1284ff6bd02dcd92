/**
 * From a responses request to everything that its run needs. The steps, in the order in which they can fail: select the
 * route, read the items, resolve references, load the previous response, parse the conversation and the run.
 */
import type { RequestOf } from "../../../contracts/endpoint.ts";
import type { createResponse } from "../../../contracts/http/responses/endpoint.ts";
import type { SettingItem } from "../../../contracts/http/responses/setting-items.ts";
import type { FindRoute, RequestHeaders, Route } from "../../agent/route.ts";
import { getCalls } from "../../agent/parts.ts";
import type { ConversationReader, OpenAiConversation } from "../../agent/sessions/conversations.ts";
import { readConversationId, rejectTwoConversations, selectConversationRoute } from "./conversation-route.ts";
import { loadSettings } from "./conversation-items.ts";
import { nameItems, parseConversation, parseInput, type Conversation } from "./conversation.ts";
import type { Encryption } from "../encryption.ts";
import type { Decrypt } from "./input-items.ts";
import { createItemFinder, resolveReferences, type ResolvedItem } from "./item-references.ts";
import { loadPreviousResponse, type History, type ResponseReader } from "./previous-response.ts";
import { applyUpdates, isSettingItem, listAdditionalTools } from "./settings.ts";
import { parseRunParams, type RunParams } from "./run-params.ts";

/** What every transport knows of a request. */
export interface ResponseRequestContext extends Pick<RequestOf<typeof createResponse>, "body" | "headers"> {
  readonly credential: { readonly name: string };
  /** All headers of the request, also those that no contract has. */
  readonly requestHeaders?: RequestHeaders | undefined;
}

interface ResolveRequestDeps {
  readonly findRoute: FindRoute;
  readonly store: ResponseReader;
  readonly conversations: ConversationReader;
  readonly encryption: Pick<Encryption, "decrypt">;
  /** Allows a request without input, if it continues a response. */
  readonly isInputOptional?: boolean;
}

export interface ResolvedRequest {
  readonly route: Route;
  readonly run: RunParams &
    Conversation & {
      /** Of the request, of the previous responses, and of the input, in this order. */
      readonly instructions: string;
    };
  readonly history: History;
  readonly conversation: OpenAiConversation | undefined;
  /** Name of the credential. */
  readonly credential: string;
  /** The items of the input that change settings. */
  readonly settings: readonly SettingItem[];
  /** The input without references. */
  readonly items: readonly ResolvedItem[];
}

export async function resolveRequest(
  request: ResponseRequestContext,
  { findRoute, store, conversations, encryption, isInputOptional = false }: ResolveRequestDeps,
): Promise<ResolvedRequest> {
  const { body, credential } = request;
  // Null and "" mean the same as leaving the field out.
  const previousId = body.previous_response_id || undefined;
  const conversationId = readConversationId(body);
  const decrypt: Decrypt = (encrypted, kind) =>
    encryption.decrypt(encrypted, { kind, credential: credential.name });

  rejectTwoConversations(request, previousId, conversationId);
  const conversation =
    conversationId === undefined ? undefined : await conversations.find(conversationId, credential.name);
  const route = selectRoute(request, previousId, conversation, findRoute);
  const isOptional = conversation !== undefined || (isInputOptional && previousId !== undefined);
  const input = parseInput(body.input, isOptional);
  const items = await resolveReferences(
    input,
    createItemFinder({ store, conversations }, credential.name, conversation),
  );
  const owner = { agentId: route.agent.id, credential: credential.name };
  const history = await loadPreviousResponse(store, previousId, owner, body.store === false);
  const parsed = parseConversation(items, nameItems(body.input, items), {
    decrypt,
    isKnownCall: createCallFinder(items, history, route),
    keepsInstructions: conversation !== undefined,
  });

  const settings = items.filter(isSettingItem);
  const earlierSettings =
    conversation === undefined
      ? { param: "previous_response_id", items: history.settings }
      : { param: "conversation", items: await loadSettings(conversations, conversation.sessionId) };
  const updatedBody = applyUpdates(body, [...earlierSettings.items, ...settings]);
  const params = parseRunParams(updatedBody, listAdditionalTools(earlierSettings, items));

  const instructions = [body.instructions ?? "", ...history.instructions, ...parsed.instructionMessages];
  return {
    route: { ...route, sessionKey: history.sessionKey ?? route.sessionKey },
    run: { ...params, ...parsed, instructions: instructions.filter(Boolean).join("\n\n") },
    history,
    conversation,
    credential: credential.name,
    settings,
    items,
  };
}

/** A session's transcript is read later: there every call may exist. */
function createCallFinder(
  items: readonly ResolvedItem[],
  { earlier, sessionKey }: History,
  route: Route,
): (id: string) => boolean {
  const ids = new Set([
    ...items.flatMap((item) => (item.type === "tool_search_call" && "call_id" in item ? [item.call_id] : [])),
    ...earlier.flatMap((turn) => getCalls(turn).map((call) => call.id)),
  ]);
  const hasSession = (sessionKey ?? route.sessionKey) !== undefined;
  return (id) => hasSession || ids.has(id);
}

function selectRoute(
  request: ResponseRequestContext,
  previousId: string | undefined,
  conversation: OpenAiConversation | undefined,
  findRoute: FindRoute,
): Route {
  const { body, headers, requestHeaders, credential } = request;
  const common = {
    surface: "responses",
    credential: credential.name,
    agentId: headers["x-openclaw-agent-id"] ?? headers["x-openclaw-agent"],
    model: body.model ?? undefined,
    backendModel: headers["x-openclaw-model"],
  } as const;
  if (conversation !== undefined) return selectConversationRoute(common, conversation, findRoute);
  return findRoute({
    ...common,
    sessionKey: headers["x-openclaw-session-key"],
    // A continued response belongs to no session of its user or its client.
    user: previousId === undefined ? (body.user ?? undefined) : undefined,
    headers: previousId === undefined ? requestHeaders : undefined,
  });
}
