/**
 * From a responses request to everything that its run needs. The steps, in the order in which they can fail: select the
 * route, read the items, resolve references, load the previous response, parse the conversation and the run.
 */
import type { RequestOf } from "../../../contracts/endpoint.ts";
import type { createResponse } from "../../../contracts/http/responses/endpoint.ts";
import type { SettingItem } from "../../../contracts/http/responses/setting-items.ts";
import type { FindRoute, RequestHeaders, Route } from "../../agent/route.ts";
import { getCalls } from "../../agent/parts.ts";
import { GatewayError } from "../../lib/errors.ts";
import { parseConversation, parseInput, type Conversation } from "./conversation.ts";
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
  /** The items of the input that change settings. */
  readonly settings: readonly SettingItem[];
  /** The input without references. */
  readonly items: readonly ResolvedItem[];
}

export async function resolveRequest(
  request: ResponseRequestContext,
  { findRoute, store, encryption, isInputOptional = false }: ResolveRequestDeps,
): Promise<ResolvedRequest> {
  const { body, credential } = request;
  // Null and "" mean the same as leaving the field out.
  const previousId = body.previous_response_id || undefined;
  const decrypt: Decrypt = (encrypted, kind) =>
    encryption.decrypt(encrypted, { kind, credential: credential.name });

  const route = selectRoute(request, previousId, findRoute);
  const input = parseInput(body.input, isInputOptional && previousId !== undefined);
  const items = await resolveReferences(input, createItemFinder(store, credential.name));
  const owner = { agentId: route.agent.id, credential: credential.name };
  const history = await loadPreviousResponse(store, previousId, owner, body.store === false);
  const conversation = parseConversation(body.input, items, decrypt, createCallFinder(items, history, route));

  const settings = items.filter(isSettingItem);
  const updatedBody = applyUpdates(body, [...history.settings, ...settings]);
  const params = parseRunParams(updatedBody, listAdditionalTools(history.settings, items));

  const instructions = [
    body.instructions ?? "",
    ...history.instructions,
    ...conversation.instructionMessages,
  ];
  return {
    route: { ...route, sessionKey: history.sessionKey ?? route.sessionKey },
    run: { ...params, ...conversation, instructions: instructions.filter(Boolean).join("\n\n") },
    history,
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
  { body, headers, requestHeaders, credential }: ResponseRequestContext,
  previousId: string | undefined,
  findRoute: FindRoute,
): Route {
  const sessionKey = headers["x-openclaw-session-key"];
  if (sessionKey !== undefined && previousId !== undefined) throw createTwoConversationsError();
  return findRoute({
    surface: "responses",
    credential: credential.name,
    agentId: headers["x-openclaw-agent-id"] ?? headers["x-openclaw-agent"],
    model: body.model ?? undefined,
    sessionKey,
    // A continued response belongs to no session of its user or its client.
    user: previousId === undefined ? (body.user ?? undefined) : undefined,
    headers: previousId === undefined ? requestHeaders : undefined,
    backendModel: headers["x-openclaw-model"],
  });
}

function createTwoConversationsError(): GatewayError {
  const param = "previous_response_id";
  return new GatewayError(
    "invalid_value",
    `${param}: the request names a conversation twice; send this or x-openclaw-session-key`,
    { param },
  );
}
