/** Converts the stream parts of an AI SDK model to model events. */
import type {
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from "@ai-sdk/provider";
import type { FinishReason, ModelEvent, Phase, Usage } from "../../types.ts";
import { parseFinishReason } from "../finish-reason.ts";
import { createCustomInputWriter, type CustomInputWriter } from "../../custom-tools.ts";
import { asObject, tryParseJson } from "../untrusted-json.ts";
import { isMissingCall, type Api } from "./api.ts";
import { createPartRecorder, toCallState } from "./assistant-parts.ts";

type Part<T extends LanguageModelV4StreamPart["type"]> = Extract<LanguageModelV4StreamPart, { type: T }>;

/** Why a stream ended without a finish reason. */
export type StreamFailure = "truncated" | "failed" | "unrecognized";

export interface PartReader {
  /** Returns the part's events, or why the stream cannot continue. */
  read(part: LanguageModelV4StreamPart): readonly ModelEvent[] | StreamFailure;
}

interface ReadCall {
  readonly index: number;
  /** Whether any arguments have arrived. */
  hasArguments: boolean;
  /** Present where the input is a text. */
  readonly customInput?: CustomInputWriter;
}

const finishReasons: Readonly<Record<LanguageModelV4FinishReason["unified"], FinishReason | StreamFailure>> =
  {
    stop: "stop",
    length: "length",
    "content-filter": "content_filter",
    "tool-calls": "tool_calls",
    // The provider's own finish reason replaces it, if there is one.
    other: "stop",
    error: "failed",
    interrupted: "truncated",
  };

const paragraphBreak = "\n\n";

/** `model` is the key of the only model to which the provider metadata may be sent back. `onPhase`: a text has a phase. */
export function createPartReader(api: Api, model: string, onPhase: () => void): PartReader {
  const recorder = createPartRecorder(model);
  /** The ids of the latest thinking and text blocks. */
  const latest: { thinking?: string; text?: string } = {};
  /** The phase of each text block that has one, and that of the latest one. */
  const phases = new Map<string, Phase>();
  let latestPhase: Phase | undefined;
  let hasRefusal = false;
  const calls = new Map<string, ReadCall>();
  /** The type of the raw event that the next parts come from. */
  let eventType = "";

  function startCall(id: string, name: string, isText = false): readonly ModelEvent[] {
    if (calls.has(id)) return [];
    const index = calls.size;
    calls.set(id, { index, hasArguments: false, ...(isText && { customInput: createCustomInputWriter() }) });
    return [...recorder.endPart(), { type: "tool_call", index, id: isMissingCall(id) ? "" : id, name }];
  }

  function appendArguments(id: string, fragment: string): readonly ModelEvent[] {
    const call = calls.get(id);
    if (call === undefined || fragment === "") return [];
    call.hasArguments = true;
    return [
      {
        type: "tool_call_arguments",
        index: call.index,
        fragment: call.customInput?.append(fragment) ?? fragment,
      },
    ];
  }

  function readCall({
    toolCallId: id,
    toolName,
    input,
    providerMetadata,
  }: Part<"tool-call">): readonly ModelEvent[] {
    const events = [...startCall(id, toolName)];
    const call = calls.get(id);
    if (call?.customInput !== undefined) {
      const fragment = call.customInput.finish(tryParseJson(input));
      events.push({ type: "tool_call_arguments", index: call.index, fragment });
    } else if (call?.hasArguments !== true) events.push(...appendArguments(id, input));
    if (call !== undefined && providerMetadata !== undefined) {
      const state = toCallState(providerMetadata);
      events.push({ type: "tool_call_state", model, index: call.index, state });
    }
    return events;
  }

  function readText({ id, delta, providerMetadata }: Part<"text-delta">): readonly ModelEvent[] {
    if (eventType !== "response.refusal.delta") return appendText("text", id, delta, providerMetadata);
    hasRefusal = true;
    return [{ type: "refusal", text: delta }];
  }

  function recordPhase({ id, providerMetadata }: Part<"text-start">): void {
    const phase = providerMetadata?.["openai"]?.["phase"];
    if (phase !== "commentary" && phase !== "final_answer") return;
    phases.set(id, phase);
    onPhase();
  }

  function appendText(
    type: "thinking" | "text",
    id: string,
    delta: string,
    metadata: SharedV4ProviderMetadata | undefined,
  ): readonly ModelEvent[] {
    const isNewBlock = delta !== "" && latest[type] !== undefined && latest[type] !== id;
    const needsSeparator = isNewBlock && (type === "thinking" || api.hasMessagePerText);
    const separator = needsSeparator ? paragraphBreak : "";
    const phase = type === "text" ? phases.get(id) : undefined;
    const ended = isNewBlock && type === "text" && phase !== latestPhase ? recorder.endPart() : [];
    const events = [...ended, ...recorder.addText(type, id, delta.length, metadata, separator.length)];
    if (delta === "") return events;
    latest[type] = id;
    if (type === "text") latestPhase = phase;
    const place = phase === undefined ? { type } : { type: "text" as const, phase };
    if (needsSeparator) events.push({ ...place, text: separator });
    events.push({ ...place, text: delta });
    return events;
  }

  function readFinish({
    finishReason,
    usage,
    providerMetadata,
  }: Part<"finish">): readonly ModelEvent[] | StreamFailure {
    // A refusal is a complete reply; a content filter has a raw finish reason.
    const reason = hasRefusal && finishReason.raw === undefined ? "stop" : toFinishReason(finishReason);
    if (reason === "truncated" || reason === "failed" || reason === "unrecognized") return reason;
    const finish = reason === "stop" && calls.size > 0 ? "tool_calls" : reason;
    return [
      ...recorder.endPart(),
      { type: "finish", reason: finish, usage: toUsage(usage), ...findStopSequence(providerMetadata) },
    ];
  }

  return {
    read(part) {
      switch (part.type) {
        case "raw":
          eventType = String(asObject<{ readonly type?: unknown }>(part.rawValue)?.type);
          return [];
        case "text-start":
          recordPhase(part);
          return recorder.addText("text", part.id, 0, part.providerMetadata);
        case "text-end":
          return recorder.addText("text", part.id, 0, part.providerMetadata);
        case "reasoning-start":
        case "reasoning-end":
          return recorder.addText("thinking", part.id, 0, part.providerMetadata);
        case "text-delta":
          return readText(part);
        case "reasoning-delta":
          return appendText("thinking", part.id, part.delta, part.providerMetadata);
        case "tool-input-start":
          if (part.providerExecuted === true) return [];
          return startCall(part.id, part.toolName, part.inputEncoding === "text");
        case "tool-input-delta":
          return appendArguments(part.id, part.delta);
        case "tool-call":
          return part.providerExecuted === true ? [] : readCall(part);
        case "finish":
          return readFinish(part);
        case "error":
          return "unrecognized";
        default:
          // Results of tools that the provider has run itself. Their calls are skipped too.
          return [];
      }
    },
  };
}

function toFinishReason({ unified, raw }: LanguageModelV4FinishReason): FinishReason | StreamFailure {
  if (unified !== "other" || raw === undefined) return finishReasons[unified];
  const reason = parseFinishReason(raw);
  return reason === "failure" ? "failed" : reason;
}

/** Anthropic says which sequence has matched. */
function findStopSequence(metadata: SharedV4ProviderMetadata | undefined): {
  readonly stopSequence?: string;
} {
  const stopSequence = metadata?.["anthropic"]?.["stopSequence"];
  return typeof stopSequence === "string" ? { stopSequence } : {};
}

/** Undefined if the provider reported no usage. No prompt is empty: zeros stand for counts that were left out. */
function toUsage({ inputTokens, outputTokens }: LanguageModelV4Usage): Usage | undefined {
  if (!inputTokens.total && !outputTokens.total) return undefined;
  return {
    input: inputTokens.total ?? 0,
    output: outputTokens.total ?? 0,
    cached: inputTokens.cacheRead ?? 0,
    cacheWrite: inputTokens.cacheWrite ?? 0,
    reasoning: outputTokens.reasoning ?? 0,
  };
}
