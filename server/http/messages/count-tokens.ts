/** POST /v1/messages/count_tokens: counts the input tokens of a request by the counter of the provider, or estimates them. */
import type { countMessageTokens } from "../../../contracts/http/messages/count-tokens.ts";
import { countFirstCall } from "../../agent/context.ts";
import type { FindRoute } from "../../agent/route.ts";
import type { ReadAttachmentsOf } from "../../attachments/attachment.ts";
import { resolveTurns } from "../../attachments/unresolved-turns.ts";
import type { Encryption } from "../../dialects/encryption.ts";
import { parseMessagesRequest } from "../../dialects/messages/request.ts";
import { createSeal } from "../../dialects/messages/seal.ts";
import { mapAbortError } from "../../lib/abort.ts";
import type { Handler } from "../handler.ts";
import { toTokenCountHeaders } from "../token-count-headers.ts";
import { findMessagesRoute } from "./find-route.ts";

interface CountDeps {
  readonly findRoute: FindRoute;
  readonly readAttachments: ReadAttachmentsOf;
  readonly encryption: Encryption;
}

export function createMessageCountHandler(deps: CountDeps): Handler<typeof countMessageTokens> {
  return async (context) => {
    const { body, credential, signal } = context;
    const { unseal } = createSeal(deps.encryption, credential.name);
    const { run, turns: unresolvedTurns, tools } = parseMessagesRequest(body, unseal);
    const route = findMessagesRoute(context, deps.findRoute);
    const count = await mapAbortError(signal, async () => {
      const turns = await resolveTurns(unresolvedTurns, deps.readAttachments(credential.name), signal);
      const { name } = credential;
      return countFirstCall({ ...route, ...run, credential: name, tools: tools.definitions, turns }, signal);
    });
    return { reply: { input_tokens: count.tokens }, headers: toTokenCountHeaders(count) };
  };
}
