/** Chat completion JSON, a chunk of a stream or a whole reply, as model events. Servers differ: each field is looked at. */
import { GatewayError } from "../../../errors.ts";
import type { FinishReason, ModelEvent, Usage } from "../../types.ts";
import { cutFault, protocolFault, type Upstream } from "../faults.ts";
import { asList, asObject, asText } from "../wire.ts";

export interface CompletionReader {
  /** Adds to `events` what this chunk or reply says. False when it is no completion at all. */
  read(json: unknown, events: ModelEvent[]): boolean;
  /** The model has said why it stopped: what may still come is usage. */
  readonly finished: () => boolean;
  /** The last event. */
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

/** A call the model is writing. */
interface OpenCall {
  readonly id: string;
  name: string;
  /** Its number, once its name is known. */
  number: number;
  /** Arguments that came before the name. */
  held: string;
}

const finishReasons: ReadonlyMap<string, FinishReason> = new Map([
  ["stop", "stop"],
  ["length", "length"],
  ["tool_calls", "tool_calls"],
  ["function_call", "tool_calls"],
  ["content_filter", "content_filter"],
]);

export function completionReader(upstream: Upstream): CompletionReader {
  const callOf = new Map<number, OpenCall>();
  let latest: OpenCall | undefined;
  let named = 0;
  let opened = 0;
  let reason: string | undefined;
  let usage: Usage | undefined;

  function readCall(wire: WireCall, events: ModelEvent[]): void {
    const wireFunction = asObject<WireFunction>(wire.function);
    const id = asText(wire.id);
    const name = asText(wireFunction?.name);
    const call = callFor(wire.index, id, name);
    let fragment = argumentsText(wireFunction?.arguments);
    if (call.name === "") {
      call.held += fragment;
      if (name === "") return;
      call.name = name;
      call.number = named++;
      events.push({ type: "tool_call", index: call.number, id: call.id, name });
      fragment = call.held;
    }
    if (fragment !== "") events.push({ type: "tool_call_arguments", index: call.number, fragment });
  }

  function callFor(index: unknown, id: string, name: string): OpenCall {
    const known = typeof index === "number" ? callOf.get(index) : latest;
    if (known !== undefined && !begins(known, index, id, name)) return known;
    latest = { id, name: "", number: -1, held: "" };
    opened++;
    if (typeof index === "number") callOf.set(index, latest);
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
      // Some servers send an empty reason until there is one. A whole reply is whole without.
      const whole = choice.delta === undefined && message !== undefined;
      reason = asText(choice.finish_reason) || (whole ? "stop" : reason);
      return true;
    },
    finished: () => reason !== undefined,
    end() {
      if (reason === undefined) return { type: "error", error: cutFault(upstream) };
      if (reason === "error") {
        return { type: "error", error: new GatewayError("upstream_error", `${upstream.host} failed.`) };
      }
      if (named < opened) {
        return { type: "error", error: protocolFault(upstream, "sent a tool call without a name") };
      }
      const known = finishReasons.get(reason) ?? "stop";
      return { type: "finish", reason: known === "stop" && named > 0 ? "tool_calls" : known, usage };
    },
  };
}

/**
 * Whether a fragment begins another call than the one its index leads to. Servers leave the index out, give every call
 * index 0, repeat the name, or make up a new id for every fragment.
 */
function begins(known: OpenCall, index: unknown, id: string, name: string): boolean {
  const otherId = id !== "" && id !== known.id;
  if (typeof index === "number") return otherId && known.id !== "" && name !== "";
  return otherId || (id === "" && name !== "");
}

/** Text, or a list of parts; thinking may be one of them. */
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

const argumentsText = (value: unknown): string =>
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
    input: tokens(usage.prompt_tokens),
    output: tokens(usage.completion_tokens),
    cached: tokens(input?.cached_tokens),
    cacheWrite: tokens(input?.cache_write_tokens),
    reasoning: tokens(output?.reasoning_tokens),
  };
}

const tokens = (value: unknown): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
