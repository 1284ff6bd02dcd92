/** Reads the fields of a responses request that configure its run. */
import type { ResponseRequest } from "../../../contracts/http/responses/request.ts";
import type { ResponseFormat, Run } from "../../agent/types.ts";
import { GatewayError } from "../../lib/errors.ts";
import { rejectBlockingModeration, toPromptCache } from "../prompt-cache.ts";
import type { AdditionalTool } from "./settings.ts";
import { parseResponseTools, type ParsedTools } from "./parse-tools.ts";

export interface RunParams extends Pick<
  Run,
  | "toolChoice"
  | "parallelToolCalls"
  | "responseFormat"
  | "sampling"
  | "maxOutputTokens"
  | "maxToolCalls"
  | "truncation"
  | "stop"
  | "thinking"
  | "promptCache"
  | "stream"
> {
  readonly tools: ParsedTools;
}

/** Throws a 400 for a field that the gateway cannot honour, and for tools that contradict each other. */
export function parseRunParams(
  body: ResponseRequest,
  additionalTools: readonly AdditionalTool[] = [],
): RunParams {
  rejectUnsupportedFields(body);
  const tools = parseResponseTools(body, additionalTools);
  const effort = body.reasoning?.effort ?? undefined;
  return {
    tools,
    toolChoice: tools.choice,
    parallelToolCalls: body.parallel_tool_calls ?? true,
    responseFormat: toResponseFormat(body.text?.format),
    sampling: {
      temperature: body.temperature ?? undefined,
      topP: body.top_p ?? undefined,
      frequencyPenalty: body.frequency_penalty ?? undefined,
      presencePenalty: body.presence_penalty ?? undefined,
    },
    maxOutputTokens: body.max_output_tokens ?? undefined,
    maxToolCalls: body.max_tool_calls ?? undefined,
    truncation: body.truncation ?? undefined,
    stop: [],
    thinking: effort === "none" ? "off" : effort,
    promptCache: toPromptCache(body),
    // Clients may stream a background response later.
    stream: body.stream === true || body.background === true,
  };
}

/** A field that would change the response is rejected: ignoring it silently would be worse. */
function rejectUnsupportedFields(body: ResponseRequest): void {
  if (body.prompt)
    throw createUnsupportedValueError("prompt", "write it into instructions, or into the agent's own");
  if (body.multi_agent?.["enabled"] === true)
    throw createUnsupportedValueError("multi_agent", "an agent of this gateway answers alone; leave it out");
  rejectBlockingModeration(body.moderation);
  const window = body.background_options?.completion_window ?? "soonest";
  if (window !== "soonest" && (body.background !== true || body.stream === true))
    throw createInvalidValueError(
      "background_options.completion_window",
      `"${window}" needs background: true, without stream`,
    );
  if ((body.top_logprobs ?? 0) > 0)
    throw createUnsupportedValueError("top_logprobs", "log probabilities are not supported");
  const logprobs = body.include?.indexOf("message.output_text.logprobs") ?? -1;
  if (logprobs >= 0)
    throw createUnsupportedValueError(`include[${logprobs}]`, "log probabilities are not supported");
  if (body.background === true && body.store === false)
    throw createInvalidValueError(
      "background",
      "a background response has to be stored; leave out store, or background",
    );
}

function toResponseFormat(
  format: NonNullable<ResponseRequest["text"]>["format"],
): ResponseFormat | undefined {
  if (format?.type === "json_object") return { type: "json_object" };
  if (format?.type !== "json_schema") return undefined;
  const { name, schema, description, strict } = format;
  return {
    type: "json_schema",
    name: name ?? "response",
    schema: schema ?? {},
    description: description ?? undefined,
    strict: strict ?? undefined,
  };
}

function createUnsupportedValueError(param: string, reason: string): GatewayError {
  return new GatewayError("unsupported_value", `${param}: ${reason}`, { param });
}

function createInvalidValueError(param: string, reason: string): GatewayError {
  return new GatewayError("invalid_value", `${param}: ${reason}`, { param });
}
