/** Reads chat completions, and chunks of streamed ones, as model events. Servers differ, so each field is checked. */
import { GatewayError } from "../../../lib/errors.ts";
import type { FinishReason, ModelEvent, Usage } from "../../types.ts";
import { createIncompleteResponseError, createProtocolError, type Upstream } from "../provider-errors.ts";
import { asList, asObject, asText } from "../untrusted-json.ts";

export interface CompletionReader {
  /** Appends the events of this chunk or completion. Returns false for JSON that is neither. */
  read(json: unknown, events: ModelEvent[]): boolean;
  /** Whether a finish reason has arrived. Only usage may follow. */
  readonly isFinished: () => boolean;
  /** Returns the last event: a `finish`, or an `error` for an incomplete reply. */
  end(): ModelEvent;
}

interface WireCompletion {
  readonly choices?: unknown;
  readonly usage?: unknown;
}
interface WireChoice {
  readonly delta?: unknown;
  readonly message?: unknown;
  readonly finish_reason?: unknown;
}
interface WireMessage {
  readonly content?: unknown;
  readonly reasoning_content?: unknown;
  readonly reasoning?: unknown;
  readonly refusal?: unknown;
  readonly tool_calls?: unknown;
  readonly function_call?: unknown;
}
interface WireCall {
  readonly index?: unknown;
  readonly id?: unknown;
  readonly function?: unknown;
}
interface WireFunction {
  readonly name?: unknown;
  readonly arguments?: unknown;
}

/** A tool call whose arguments are still arriving. */
interface PendingCall {
  readonly id: string;
  name: string;
  /** Its index among the calls that have a name; -1 before the name is known. */
  number: number;
  /** Arguments that arrived before the name. */
  bufferedArguments: string;
}

const finishReasons: ReadonlyMap<string, FinishReason> = new Map([
  ["stop", "stop"],
  ["length", "length"],
  ["tool_calls", "tool_calls"],
  ["function_call", "tool_calls"],
  ["content_filter", "content_filter"],
]);

export function createCompletionReader(upstream: Upstream): CompletionReader {
  const callsByIndex = new Map<number, PendingCall>();
  let latest: PendingCall | undefined;
  let namedCount = 0;
  let startedCount = 0;
  let reason: string | undefined;
  let usage: Usage | undefined;

  function readCall(wire: WireCall, events: ModelEvent[]): void {
    const wireFunction = asObject<WireFunction>(wire.function);
    const id = asText(wire.id);
    const name = asText(wireFunction?.name);
    const call = findCall(wire.index, id, name);
    let fragment = toArgumentsText(wireFunction?.arguments);
    if (call.name === "") {
      call.bufferedArguments += fragment;
      if (name === "") return;
      call.name = name;
      call.number = namedCount++;
      events.push({ type: "tool_call", index: call.number, id: call.id, name });
      fragment = call.bufferedArguments;
    }
    if (fragment !== "") events.push({ type: "tool_call_arguments", index: call.number, fragment });
  }

  function findCall(index: unknown, id: string, name: string): PendingCall {
    const current = typeof index === "number" ? callsByIndex.get(index) : latest;
    if (current !== undefined && !startsNewCall(current, index, id, name)) return current;
    latest = { id, name: "", number: -1, bufferedArguments: "" };
    startedCount++;
    if (typeof index === "number") callsByIndex.set(index, latest);
    return latest;
  }

  return {
    read(json, events) {
      const completion = asObject<WireCompletion>(json);
      if (completion === undefined) return false;
      if (completion.usage) usage = readUsage(completion.usage);
      if (!Array.isArray(completion.choices)) return completion.usage !== undefined;
      const choice = asObject<WireChoice>(completion.choices[0]);
      if (choice === undefined) return true;

      const message = asObject<WireMessage>(choice.delta ?? choice.message);
      if (message !== undefined) {
        readText("thinking", message.reasoning_content || message.reasoning, events);
        readText("text", message.content, events);
        readText("refusal", message.refusal, events);
        if (message.tool_calls) {
          for (const call of asList(message.tool_calls)) readCall(asObject<WireCall>(call) ?? {}, events);
        }
        if (message.function_call) readCall({ index: 0, function: message.function_call }, events);
      }
      // Some servers send an empty reason until there is one. An unstreamed reply needs none.
      const isFullMessage = choice.delta === undefined && message !== undefined;
      reason = asText(choice.finish_reason) || (isFullMessage ? "stop" : reason);
      return true;
    },
    isFinished: () => reason !== undefined,
    end() {
      if (reason === undefined) return { type: "error", error: createIncompleteResponseError(upstream) };
      if (reason === "error") {
        return { type: "error", error: new GatewayError("upstream_error", `${upstream.host} failed.`) };
      }
      if (namedCount < startedCount) {
        return { type: "error", error: createProtocolError(upstream, "sent a tool call without a name") };
      }
      const finishReason = finishReasons.get(reason) ?? "stop";
      return {
        type: "finish",
        reason: finishReason === "stop" && namedCount > 0 ? "tool_calls" : finishReason,
        usage,
      };
    },
  };
}

/**
 * Whether a fragment starts another call than the one with its index. Servers omit the index, send index 0 for every call,
 * repeat the name, or send a new id with every fragment.
 */
function startsNewCall(current: PendingCall, index: unknown, id: string, name: string): boolean {
  const hasOtherId = id !== "" && id !== current.id;
  if (typeof index === "number") return hasOtherId && current.id !== "" && name !== "";
  return hasOtherId || (id === "" && name !== "");
}

/** Reads a text, or a list of parts, which may include thinking. */
function readText(type: "text" | "thinking" | "refusal", content: unknown, events: ModelEvent[]): void {
  if (typeof content === "string") {
    if (content !== "") events.push({ type, text: content });
    return;
  }
  for (const item of asList(content)) {
    const part = asObject<{ readonly text?: unknown; readonly thinking?: unknown }>(item);
    readText("thinking", part?.thinking, events);
    readText(type, part?.text, events);
  }
}

const toArgumentsText = (value: unknown): string =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : asText(value);

function readUsage(value: unknown): Usage | undefined {
  const usage = asObject<{
    readonly prompt_tokens?: unknown;
    readonly completion_tokens?: unknown;
    readonly prompt_tokens_details?: unknown;
    readonly completion_tokens_details?: unknown;
  }>(value);
  if (usage === undefined) return undefined;
  const input = asObject<{ readonly cached_tokens?: unknown; readonly cache_write_tokens?: unknown }>(
    usage.prompt_tokens_details,
  );
  const output = asObject<{ readonly reasoning_tokens?: unknown }>(usage.completion_tokens_details);
  return {
    input: toTokenCount(usage.prompt_tokens),
    output: toTokenCount(usage.completion_tokens),
    cached: toTokenCount(input?.cached_tokens),
    cacheWrite: toTokenCount(input?.cache_write_tokens),
    reasoning: toTokenCount(output?.reasoning_tokens),
  };
}

const toTokenCount = (value: unknown): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
