/** Cache breakpoints of a request: which blocks have one, and where they lie in what the model gets. */
import type { MessagesRequest } from "../../../contracts/http/messages/request.ts";
import type { CacheControl, PromptCache } from "../../agent/types.ts";

interface CacheableBlock {
  readonly cache_control?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Undefined for a block without a breakpoint. Anthropic knows no other type, and rejects other keys. */
export function readCacheControl({ cache_control: control }: CacheableBlock): CacheControl | undefined {
  if (!control) return undefined;
  const { ttl } = control;
  return { type: "ephemeral", ...(ttl === "5m" || ttl === "1h" ? { ttl } : {}) };
}

/** A breakpoint follows a block, so the last part of the block has it. */
export function withCacheControl<T extends object>(parts: readonly T[], block: CacheableBlock): readonly T[] {
  const cacheControl = readCacheControl(block);
  if (cacheControl === undefined) return parts;
  return parts.map((part, index) => (index === parts.length - 1 ? { ...part, cacheControl } : part));
}

/** The breakpoints of the system prompt and of the whole request. `systemTexts` are those of the system blocks that are kept. */
export function readBreakpoints(
  body: Pick<MessagesRequest, "system" | "cache_control">,
  systemTexts: readonly string[],
  separator: string,
): PromptCache["breakpoints"] {
  const blocks = typeof body.system === "string" ? [] : (body.system ?? []);
  const system = blocks.flatMap((block) => {
    const index = systemTexts.indexOf(block.text);
    const cacheControl = index < 0 ? undefined : readCacheControl(block);
    if (cacheControl === undefined) return [];
    const rest = systemTexts.slice(index + 1);
    const charactersAfter = rest.reduce((sum, text) => sum + separator.length + text.length, 0);
    return [{ charactersAfter, cacheControl }];
  });
  const request = readCacheControl(body);
  return system.length === 0 && request === undefined ? undefined : { system, request };
}
