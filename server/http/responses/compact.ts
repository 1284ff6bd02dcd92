/** POST /v1/responses/compact: replaces a conversation with an encrypted summary that a model writes. */
import type { ReplyOf } from "../../../contracts/endpoint.ts";
import type { compactResponse } from "../../../contracts/http/responses/compact.ts";
import { summarize, type Summary } from "../../agent/compaction.ts";
import type { OpenAccount } from "../../agent/account-call.ts";
import { withFallback } from "../../agent/with-fallback.ts";
import type { FindRoute } from "../../agent/route.ts";
import { createRunSignal } from "../../agent/run-signal.ts";
import type { ConversationReader, ConversationStore } from "../../agent/sessions/conversations.ts";
import type { ResponseStore } from "../../agent/sessions/responses.ts";
import type { Clock, NewId } from "../../lib/ports.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { ReadAttachmentsOf } from "../../attachments/attachment.ts";
import type { Handler, HandlerContext } from "../handler.ts";
import { toResponseUsage } from "../../dialects/responses/terminal-state.ts";
import { createItemId } from "../../dialects/responses/item-id.ts";
import type { Encryption } from "../../dialects/encryption.ts";
import { resolveRequest, type ResolvedRequest } from "../../dialects/responses/resolve-request.ts";
import { mapAbortError } from "../../lib/abort.ts";
import { loadConversation } from "../../dialects/responses/load-conversation.ts";

interface CompactDeps {
  readonly findRoute: FindRoute;
  readonly store: Pick<ResponseStore, "chain" | "get" | "input">;
  readonly conversations: ConversationReader & Pick<ConversationStore, "visibleTurns">;
  readonly readAttachments: ReadAttachmentsOf;
  readonly encryption: Encryption;
  readonly openAccount: OpenAccount;
  /** Waits for a run slot. Resolves to a release function; call it exactly once. */
  readonly acquireSlot: (signal: AbortSignal) => Promise<() => void>;
  readonly clock: Clock;
  readonly newId: NewId;
}

type Contract = typeof compactResponse;

const unknownUsage = { input: 0, output: 0, cached: 0, cacheWrite: 0, reasoning: 0 } as const;

export function createCompactHandler(deps: CompactDeps): Handler<Contract> {
  const { encryption, clock, newId } = deps;
  return async (context) => {
    const resolveDeps = { ...deps, isInputOptional: true };
    const request = await resolveRequest(context, resolveDeps);
    const createReply = async (): Promise<ReplyOf<Contract>> => {
      const { summary, usage = unknownUsage } = await summarizeConversation(request, deps, context);
      const id = newId("resp_");
      return {
        id,
        object: "response.compaction",
        created_at: Math.floor(clock() / 1000),
        output: [
          {
            type: "compaction",
            id: createItemId("cmp", id, 0),
            encrypted_content: encryption.encrypt(summary, {
              kind: "compaction",
              credential: context.credential.name,
            }),
          },
        ],
        usage: toResponseUsage(usage),
      };
    };
    return { reply: createReply() };
  };
}

async function summarizeConversation(
  request: ResolvedRequest,
  deps: CompactDeps,
  { signal: disconnectSignal, credential, requestId, trace }: HandlerContext<Contract>,
): Promise<Summary> {
  const { agent, models, sessionKey } = request.route;
  const accountCall = await deps.openAccount({
    id: undefined,
    requestId,
    trace,
    credential: credential.name,
    agent,
    models,
    sessionKey,
    clientSession: undefined,
  });
  const runSignal = createRunSignal(disconnectSignal);
  const { signal } = runSignal;
  try {
    return await mapAbortError(signal, async () => {
      const turns = await loadConversation(request, deps, signal);
      if (turns.length === 0) throw createEmptyConversationError();
      const releaseSlot = await deps.acquireSlot(signal);
      try {
        runSignal.startTimeout(agent.timeoutSeconds);
        const { instructions } = request.run;
        return await withFallback(
          models,
          (model) => summarize(turns, model, { instructions, signal, accountCall }),
          signal,
        );
      } finally {
        releaseSlot();
      }
    });
  } finally {
    runSignal.dispose();
  }
}

function createEmptyConversationError(): GatewayError {
  const reason = "there is no conversation in it; send messages of the user's and the assistant's";
  return new GatewayError("invalid_value", `input: ${reason}`, { param: "input" });
}
