/** POST /v1/responses/input_tokens: counts the input tokens of a request by the counter of the provider, or estimates them. */
import type { countInputTokens } from "../../../contracts/http/responses/input-tokens.ts";
import { countFirstCall } from "../../agent/context.ts";
import type { FindRoute } from "../../agent/route.ts";
import type { ConversationReader, ConversationStore } from "../../agent/sessions/conversations.ts";
import type { ResponseStore } from "../../agent/sessions/responses.ts";
import type { ReadAttachmentsOf } from "../../attachments/attachment.ts";
import type { Handler } from "../handler.ts";
import { toTokenCountHeaders } from "../token-count-headers.ts";
import type { Encryption } from "../../dialects/encryption.ts";
import { resolveRequest } from "../../dialects/responses/resolve-request.ts";
import { mapAbortError } from "../../lib/abort.ts";
import { loadConversation } from "../../dialects/responses/load-conversation.ts";

interface CountDeps {
  readonly findRoute: FindRoute;
  readonly store: Pick<ResponseStore, "chain" | "get" | "input">;
  readonly conversations: ConversationReader & Pick<ConversationStore, "visibleTurns">;
  readonly readAttachments: ReadAttachmentsOf;
  readonly encryption: Pick<Encryption, "decrypt">;
}

export function createCountHandler(deps: CountDeps): Handler<typeof countInputTokens> {
  return async (context) => {
    const { credential, signal } = context;
    const request = await resolveRequest(context, { ...deps, isInputOptional: true });
    const { route, run } = request;
    const count = await mapAbortError(signal, async () => {
      const turns = await loadConversation(request, deps, signal);
      const { name } = credential;
      return countFirstCall(
        { ...route, ...run, credential: name, tools: run.tools.definitions, turns },
        signal,
      );
    });
    return {
      reply: { object: "response.input_tokens", input_tokens: count.tokens },
      headers: toTokenCountHeaders(count),
    };
  };
}
