/** POST /v1/responses/compact: a model's summary, sealed, takes the place of a conversation. */
import type { ReplyOf } from "../../../contracts/endpoint.ts";
import type { compactResponse } from "../../../contracts/http/responses/compact.ts";
import { summarize, type Summary } from "../../agent/compaction.ts";
import { firstThatWorks } from "../../agent/first-that-works.ts";
import type { FindRoute } from "../../agent/route.ts";
import { createRunSignal } from "../../agent/run-signal.ts";
import type { ResponseStore } from "../../agent/sessions/responses.ts";
import type { Clock, NewId } from "../../agent/types.ts";
import { GatewayError } from "../../errors.ts";
import type { ReadAttachments } from "../../attachments/attachment.ts";
import type { Handler } from "../handler.ts";
import { usageOf } from "./endings.ts";
import { itemId } from "./item-id.ts";
import type { Seal } from "./seal.ts";
import { understand, type Understood } from "./understand.ts";
import { untilAborted } from "./until-aborted.ts";
import { wholeConversation } from "./whole-conversation.ts";

interface CompactParts {
  readonly findRoute: FindRoute;
  readonly store: Pick<ResponseStore, "chain" | "get" | "input">;
  readonly readAttachments: ReadAttachments;
  readonly seal: Seal;
  /** Resolves to the way out once there is room for another call. */
  readonly enter: (signal: AbortSignal) => Promise<() => void>;
  readonly clock: Clock;
  readonly newId: NewId;
}

type Contract = typeof compactResponse;

const unknownUsage = { input: 0, output: 0, cached: 0, cacheWrite: 0, reasoning: 0 } as const;

export function createCompactHandler(parts: CompactParts): Handler<Contract> {
  const { seal, clock, newId } = parts;
  return async (incoming) => {
    const asking = { ...parts, unseal: seal.unseal, inputOptional: true };
    const understood = await understand(incoming, asking);
    const answer = async (): Promise<ReplyOf<Contract>> => {
      const { summary, usage = unknownUsage } = await shorten(understood, parts, incoming.signal);
      const id = newId("resp_");
      return {
        id,
        object: "response.compaction",
        created_at: Math.floor(clock() / 1000),
        output: [{ type: "compaction", id: itemId("cmp", id, 0), encrypted_content: seal.seal(summary) }],
        usage: usageOf(usage),
      };
    };
    return { reply: answer() };
  };
}

async function shorten(
  understood: Understood,
  { readAttachments, enter }: CompactParts,
  left: AbortSignal,
): Promise<Summary> {
  const { agent, models } = understood.route;
  const stop = createRunSignal(left);
  const { signal } = stop;
  try {
    return await untilAborted(signal, async () => {
      const turns = await wholeConversation(understood, readAttachments, signal);
      if (turns.length === 0) throw nothingToCompact();
      const leave = await enter(signal);
      try {
        stop.startClock(agent.timeoutSeconds);
        const { instructions } = understood.asked;
        return await firstThatWorks(models, (model) => summarize(turns, model, instructions, signal), signal);
      } finally {
        leave();
      }
    });
  } finally {
    stop.clear();
  }
}

function nothingToCompact(): GatewayError {
  const rule = "there is no conversation in it; send messages of the user's and the assistant's";
  return new GatewayError("invalid_value", `input: ${rule}`, { param: "input" });
}
