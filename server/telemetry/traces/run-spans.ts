/**
 * Makes the spans of a run: `invoke_agent`, and in it `chat` for each model call and `execute_tool` for each tool.
 * https://github.com/open-telemetry/semantic-conventions-genai
 */
import { createHash } from "node:crypto";
import type {
  ModelCallObservation,
  ObservedRun,
  ObserveRun,
  RunEndObservation,
  ToolCallObservation,
} from "../../agent/run-observer.ts";
import type { Usage } from "../../agent/types.ts";
import type { SpanAttributes, TraceContext } from "../../lib/trace-context.ts";
import { splitModelRef } from "../model-ref.ts";
import { formatMessages, formatToolResult, truncateContent } from "./content.ts";
import { toProviderName } from "./provider-names.ts";
import type { Span, SpanEvent } from "./span.ts";

interface RunSpanOptions {
  readonly exportSpan: (span: Span) => void;
  readonly capturesContent: boolean;
}

const ignore = (): void => {};

export const createRunSpans =
  ({ exportSpan, capturesContent }: RunSpanOptions): ObserveRun =>
  (run) => {
    const context = run.trace;
    if (context?.isSampled !== true) return ignore;
    const events: SpanEvent[] = [];
    return (observation) => {
      switch (observation.type) {
        case "model_call":
          if (observation.trace !== undefined)
            exportSpan(createModelSpan(run, observation, observation.trace, capturesContent));
          return;
        case "tool_call":
          if (observation.trace !== undefined)
            exportSpan(
              createToolSpan(
                { ...observation, errorType: toolErrorTypes[observation.outcome] },
                observation.trace,
                capturesContent ? observation.getContent?.() : undefined,
              ),
            );
          return;
        case "admitted":
          events.push({ name: "openclaw.admitted", at: observation.at, attributes: {} });
          return;
        case "fallback":
          events.push({
            name: "openclaw.fallback",
            at: observation.at,
            attributes: {
              "openclaw.fallback.from": observation.from,
              "openclaw.fallback.to": observation.to,
              "error.type": observation.error.code,
            },
          });
          return;
        case "end":
          exportSpan(createAgentSpan(run, observation, context, events));
      }
    };
  };

function createAgentSpan(
  run: ObservedRun,
  { startedAt, endedAt, reason, error, usage }: RunEndObservation,
  context: TraceContext,
  events: readonly SpanEvent[],
): Span {
  const { agent, models, sessionKey, credential, id, requestId } = run;
  const { provider, model } = splitModelRef(models[0]?.ref ?? "");
  return {
    context,
    name: `invoke_agent ${agent.id}`,
    kind: "internal",
    startedAt,
    endedAt,
    events,
    errorType: error?.code,
    attributes: {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.provider.name": toProviderName(provider),
      "gen_ai.agent.id": agent.id,
      "gen_ai.request.model": model,
      "gen_ai.conversation.id": sessionKey === undefined ? undefined : hashSessionKey(sessionKey),
      ...toUsageAttributes(usage),
      "openclaw.run.id": id,
      "openclaw.request.id": requestId,
      "openclaw.credential.name": credential,
      "openclaw.run.end_reason": reason,
    },
  };
}

/** Session keys may name people. */
const hashSessionKey = (key: string): string =>
  createHash("sha256").update(key).digest("base64url").slice(0, 22);

function createModelSpan(
  run: ObservedRun,
  call: ModelCallObservation,
  context: TraceContext,
  capturesContent: boolean,
): Span {
  const { provider, model } = splitModelRef(call.model);
  const { purpose, startedAt, firstEventAt, endedAt, outcome, error, usage, finishReason } = call;
  const operation = purpose === "embedding" ? "embeddings" : "chat";
  return {
    context,
    name: `${operation} ${model}`,
    // The built-in models run in this process.
    kind: provider === "builtin" ? "internal" : "client",
    startedAt,
    endedAt,
    errorType: outcome === "ok" ? undefined : (error?.code ?? outcome),
    attributes: {
      "gen_ai.operation.name": operation,
      "gen_ai.provider.name": toProviderName(provider),
      "gen_ai.request.model": model,
      ...(purpose === "step" && toRequestAttributes(run)),
      "gen_ai.response.finish_reasons": finishReason === undefined ? undefined : [finishReason],
      "gen_ai.response.time_to_first_chunk":
        firstEventAt === undefined ? undefined : Math.max(0, firstEventAt - startedAt) / 1_000,
      ...toUsageAttributes(usage),
      "openclaw.model_call.purpose": purpose,
      ...(capturesContent && toContentAttributes(call)),
    },
  };
}

const toolErrorTypes = { ok: undefined, error: "tool_error", rejected: "tool_rejected" } as const;

interface ToolCallSpan extends Pick<Span, "startedAt" | "endedAt" | "errorType"> {
  readonly tool: string | undefined;
  readonly callId?: string;
}

export function createToolSpan(
  { tool = "unknown", callId, startedAt, endedAt, errorType }: ToolCallSpan,
  context: TraceContext,
  content?: ReturnType<NonNullable<ToolCallObservation["getContent"]>>,
): Span {
  return {
    context,
    name: `execute_tool ${tool}`,
    kind: "internal",
    startedAt,
    endedAt,
    errorType,
    attributes: {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": tool,
      "gen_ai.tool.call.id": callId,
      "gen_ai.tool.type": "function",
      "gen_ai.tool.call.arguments": content && truncateContent(content.arguments),
      "gen_ai.tool.call.result": content && formatToolResult(content.result),
    },
  };
}

function toContentAttributes({ getContent }: ModelCallObservation): SpanAttributes {
  const content = getContent?.();
  if (content === undefined) return {};
  const { system, turns, answer } = content;
  return {
    "gen_ai.system_instructions": truncateContent(JSON.stringify([{ type: "text", content: system }])),
    "gen_ai.input.messages": formatMessages(turns),
    "gen_ai.output.messages": answer === undefined ? undefined : formatMessages([answer]),
  };
}

function toRequestAttributes({
  sampling,
  maxOutputTokens,
  stop = [],
  thinking,
  stream,
}: ObservedRun): SpanAttributes {
  return {
    "gen_ai.request.temperature": sampling?.temperature,
    "gen_ai.request.top_p": sampling?.topP,
    "gen_ai.request.frequency_penalty": sampling?.frequencyPenalty,
    "gen_ai.request.presence_penalty": sampling?.presencePenalty,
    "gen_ai.request.seed": sampling?.seed,
    "gen_ai.request.max_tokens": maxOutputTokens,
    "gen_ai.request.stop_sequences": stop.length === 0 ? undefined : stop,
    "gen_ai.request.reasoning.level": thinking,
    "gen_ai.request.stream": stream,
  };
}

function toUsageAttributes(usage: Usage | undefined): SpanAttributes {
  if (usage === undefined) return {};
  const optional = (count: number): number | undefined => (count === 0 ? undefined : count);
  return {
    "gen_ai.usage.input_tokens": usage.input,
    "gen_ai.usage.output_tokens": usage.output,
    "gen_ai.usage.cache_read.input_tokens": optional(usage.cached),
    "gen_ai.usage.cache_write.input_tokens": optional(usage.cacheWrite),
    "gen_ai.usage.reasoning.output_tokens": optional(usage.reasoning),
  };
}
