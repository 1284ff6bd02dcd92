/** Converts the content of an assistant message to a turn. */
import {
  isKnownBlock,
  type KnownBlock,
  type MessagesBlock,
} from "../../../contracts/http/messages/content.ts";
import type { AssistantPart, AssistantTurn } from "../../agent/types.ts";
import { shortenToolName } from "../../lib/tool-names.ts";
import { withCacheControl } from "./cache-control.ts";
import { toAssistantTurn, type SealedReasoning } from "../sealed-reasoning.ts";

/** Returns undefined for a signature that this gateway did not give to the credential of the request. */
export type Unseal = (signature: string) => SealedReasoning | undefined;

interface Item {
  readonly parts: readonly AssistantPart[];
  readonly reasoning?: SealedReasoning;
}

/** Thinking whose signature is not the gateway's is left out: no model could verify it. */
export function readAssistantContent(
  content: string | readonly MessagesBlock[],
  unseal: Unseal,
): AssistantTurn {
  const blocks: readonly MessagesBlock[] =
    typeof content === "string" ? [{ type: "text", text: content }] : content;
  const items = blocks.flatMap((block): readonly Item[] =>
    isKnownBlock(block) ? toItems(block, unseal) : [{ parts: readOtherBlock(block) }],
  );
  // Those of hidden thinking come right before the calls that they led to.
  const first = items.filter(({ reasoning }) => reasoning?.isFirst === true);
  const others = items.filter(({ reasoning }) => reasoning?.isFirst !== true);
  return toAssistantTurn([...first, ...others]);
}

function toItems(block: KnownBlock, unseal: Unseal): readonly Item[] {
  switch (block.type) {
    case "text":
      return block.text === ""
        ? []
        : [{ parts: withCacheControl([{ type: "text", text: block.text }], block) }];
    case "tool_use": {
      const { id, name, input } = block;
      const text = typeof input === "string" ? input : JSON.stringify(input ?? {});
      const call = { id, name: shortenToolName(name), arguments: text };
      return [{ parts: withCacheControl([{ type: "tool_call", ...call }], block) }];
    }
    case "thinking":
      return toReasoningItems(unseal(block.signature ?? ""));
    case "redacted_thinking":
      return toReasoningItems(unseal(block.data));
    default:
      return [];
  }
}

const toReasoningItems = (reasoning: SealedReasoning | undefined): readonly Item[] =>
  reasoning === undefined ? [] : [{ parts: reasoning.parts, reasoning }];

/** Keeps the results of another server's web search as text. What other tools of a server did is left out. */
function readOtherBlock(block: MessagesBlock): readonly AssistantPart[] {
  const { type, content } = block as { readonly type: string; readonly content?: unknown };
  if (type !== "web_search_tool_result" || !Array.isArray(content)) return [];
  const lines = (content as readonly { readonly title?: unknown; readonly url?: unknown }[]).flatMap(
    (result) =>
      typeof result.url === "string"
        ? [`${typeof result.title === "string" ? result.title : "A page"}: ${result.url}`]
        : [],
  );
  return lines.length === 0 ? [] : [{ type: "text", text: lines.join("\n") }];
}
