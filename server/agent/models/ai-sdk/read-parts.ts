/** What a model of the AI SDK streams, as model events. */
import type {
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from "@ai-sdk/provider";
import type { FinishReason, ModelEvent, Usage } from "../../types.ts";
import { asObject } from "../wire.ts";
import type { Api } from "./api.ts";
import { createPartKeeper } from "./kept-parts.ts";

type Part<T extends LanguageModelV4StreamPart["type"]> = Extract<LanguageModelV4StreamPart, { type: T }>;

/** Why a stream ended that had no right end. */
export type BadEnd = "cut" | "failed" | "not understood";

export interface PartReader {
  /** What the part says; `BadEnd` says that nothing more can come of the stream. */
  read(part: LanguageModelV4StreamPart): readonly ModelEvent[] | BadEnd;
}

const reasons: Readonly<Record<LanguageModelV4FinishReason["unified"], FinishReason | BadEnd>> = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  "tool-calls": "tool_calls",
  other: "stop",
  error: "failed",
  interrupted: "cut",
};

const paragraph = "\n\n";

/** `model` is the only one that may be given its marks again. */
export function createPartReader(api: Api, model: string): PartReader {
  const keeper = createPartKeeper();
  /** The stretches that were told last. */
  const latest: { thinking?: string; text?: string } = {};
  let refused = false;
  /** Calls by id: their number, and whether any arguments have come. */
  const calls = new Map<string, { readonly index: number; begun: boolean }>();
  /** The event that the parts to come are made of. */
  let event = "";

  function begin(id: string, name: string): readonly ModelEvent[] {
    if (calls.has(id)) return [];
    const index = calls.size;
    calls.set(id, { index, begun: false });
    keeper.add("call", id, 0, undefined);
    return [{ type: "tool_call", index, id, name }];
  }

  function fill(id: string, fragment: string): readonly ModelEvent[] {
    const call = calls.get(id);
    if (call === undefined || fragment === "") return [];
    call.begun = true;
    return [{ type: "tool_call_arguments", index: call.index, fragment }];
  }

  function readCall({ toolCallId: id, toolName, input, providerMetadata }: Part<"tool-call">) {
    const opening = begin(id, toolName);
    keeper.add("call", id, 0, providerMetadata);
    return calls.get(id)?.begun === true ? opening : [...opening, ...fill(id, input)];
  }

  function readText({ id, delta, providerMetadata }: Part<"text-delta">): readonly ModelEvent[] {
    if (event !== "response.refusal.delta") return tell("text", id, delta, providerMetadata);
    refused = true;
    return [{ type: "refusal", text: delta }];
  }

  function tell(
    type: "thinking" | "text",
    id: string,
    delta: string,
    marks: SharedV4ProviderMetadata | undefined,
  ): readonly ModelEvent[] {
    const apart = delta !== "" && latest[type] !== undefined && latest[type] !== id;
    const separated = apart && (type === "thinking" || api.textsAreMessages);
    if (separated) keeper.skip(type, paragraph.length);
    keeper.add(type, id, delta.length, marks);
    if (delta === "") return [];
    latest[type] = id;
    return [...(separated ? [{ type, text: paragraph }] : []), { type, text: delta }];
  }

  function readEnd({ finishReason, usage }: Part<"finish">): readonly ModelEvent[] | BadEnd {
    // To refuse is to answer; a filter would say so.
    const reason = refused && finishReason.raw === undefined ? "stop" : reasons[finishReason.unified];
    if (reason === "cut" || reason === "failed" || reason === "not understood") return reason;
    const state = keeper.state(model);
    const finish = reason === "stop" && calls.size > 0 ? "tool_calls" : reason;
    return [
      ...(state === undefined ? [] : [{ type: "state" as const, state }]),
      { type: "finish", reason: finish, usage: usageOf(usage) },
    ];
  }

  return {
    read(part) {
      switch (part.type) {
        case "raw":
          event = String(asObject<{ readonly type?: unknown }>(part.rawValue)?.type);
          return [];
        case "text-start":
        case "text-end":
          keeper.add("text", part.id, 0, part.providerMetadata);
          return [];
        case "reasoning-start":
        case "reasoning-end":
          keeper.add("thinking", part.id, 0, part.providerMetadata);
          return [];
        case "text-delta":
          return readText(part);
        case "reasoning-delta":
          return tell("thinking", part.id, part.delta, part.providerMetadata);
        case "tool-input-start":
          return begin(part.id, part.toolName);
        case "tool-input-delta":
          return fill(part.id, part.delta);
        case "tool-call":
          return readCall(part);
        case "finish":
          return readEnd(part);
        case "error":
          return "not understood";
        default:
          // What only tools of the provider's own give, and none are offered.
          return [];
      }
    },
  };
}

/** Nothing where the provider did not say. */
function usageOf({ inputTokens, outputTokens }: LanguageModelV4Usage): Usage | undefined {
  if (inputTokens.total === undefined && outputTokens.total === undefined) return undefined;
  return {
    input: inputTokens.total ?? 0,
    output: outputTokens.total ?? 0,
    cached: inputTokens.cacheRead ?? 0,
    cacheWrite: inputTokens.cacheWrite ?? 0,
    reasoning: outputTokens.reasoning ?? 0,
  };
}
