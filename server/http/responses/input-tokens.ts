/** POST /v1/responses/input_tokens: an estimate of what a request would give the model to read. */
import type { countInputTokens } from "../../../contracts/http/responses/input-tokens.ts";
import { estimateFirstCall } from "../../agent/context.ts";
import type { FindRoute } from "../../agent/route.ts";
import type { ResponseStore } from "../../agent/sessions/responses.ts";
import type { ReadAttachments } from "../../attachments/attachment.ts";
import type { Handler } from "../handler.ts";
import type { Unseal } from "./items.ts";
import { understand } from "./understand.ts";
import { untilAborted } from "./until-aborted.ts";
import { wholeConversation } from "./whole-conversation.ts";

interface CountParts {
  readonly findRoute: FindRoute;
  readonly store: Pick<ResponseStore, "chain" | "get" | "input">;
  readonly readAttachments: ReadAttachments;
  readonly unseal: Unseal;
}

export function createCountHandler(parts: CountParts): Handler<typeof countInputTokens> {
  return async (incoming) => {
    const { signal } = incoming;
    const understood = await understand(incoming, { ...parts, inputOptional: true });
    const { route, asked } = understood;
    const tokens = await untilAborted(signal, async () => {
      const turns = await wholeConversation(understood, parts.readAttachments, signal);
      return estimateFirstCall({ ...route, ...asked, tools: asked.tools.definitions, turns }, signal);
    });
    return { reply: { object: "response.input_tokens", input_tokens: tokens } };
  };
}
