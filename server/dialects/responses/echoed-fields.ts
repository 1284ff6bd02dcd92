/** The fields that a response echoes from its request, with the standard's defaults. */
import type { ResponseRequest } from "../../../contracts/http/responses/request.ts";
import type { Response } from "../../../contracts/http/responses/response.ts";
import type { ResponseMetadata } from "./response-accumulator.ts";
import { toRetention } from "../prompt-cache.ts";
import { echoToolChoice, echoTools } from "./parse-tools.ts";

interface OwnFields extends Pick<Response, "id" | "created_at"> {
  /** The conversation that the response belongs to, also when a session key or the previous response names it. */
  readonly conversationId: string | undefined;
}

/** `created_at` is in seconds since the epoch. */
export function createEchoedFields(
  body: ResponseRequest,
  { id, created_at, conversationId }: OwnFields,
): ResponseMetadata["fields"] {
  const user = body.user ?? undefined;
  const retention = toRetention(body.prompt_cache_retention);
  return {
    id,
    object: "response",
    created_at,
    model: body.model ?? "openclaw",
    previous_response_id: body.previous_response_id ?? null,
    ...(conversationId === undefined ? {} : { conversation: { id: conversationId } }),
    instructions: body.instructions ?? null,
    tools: echoTools(body),
    tool_choice: echoToolChoice(body.tool_choice),
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    text: echoText(body.text),
    reasoning: echoReasoning(body.reasoning),
    temperature: body.temperature ?? 1,
    top_p: body.top_p ?? 1,
    presence_penalty: body.presence_penalty ?? 0,
    frequency_penalty: body.frequency_penalty ?? 0,
    top_logprobs: 0,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body.max_tool_calls ?? null,
    truncation: body.truncation ?? "disabled",
    store: body.store ?? true,
    background: body.background ?? false,
    service_tier: "default",
    metadata: body.metadata ?? {},
    safety_identifier: body.safety_identifier ?? null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    ...(retention === undefined ? {} : { prompt_cache_retention: retention }),
    ...(user === undefined ? {} : { user }),
  };
}

function echoText(text: ResponseRequest["text"]): Response["text"] {
  const verbosity = text?.verbosity ?? undefined;
  return { format: echoFormat(text?.format), ...(verbosity === undefined ? {} : { verbosity }) };
}

function echoFormat(format: NonNullable<ResponseRequest["text"]>["format"]): Response["text"]["format"] {
  if (format === null || format === undefined) return { type: "text" };
  if (format.type !== "json_schema") return { type: format.type };
  const { name, description, schema, strict } = format;
  return {
    type: "json_schema",
    name: name ?? "response",
    description: description ?? null,
    schema: schema ?? {},
    strict: strict ?? false,
  };
}

function echoReasoning(reasoning: ResponseRequest["reasoning"]): Response["reasoning"] {
  if (reasoning === null || reasoning === undefined) return null;
  const { effort, summary, generate_summary } = reasoning;
  return { effort: effort ?? null, summary: summary ?? generate_summary ?? null };
}
