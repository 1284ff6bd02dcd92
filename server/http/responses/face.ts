/** What a response repeats of its request, with the standard's defaults where nothing was said. */
import type { ResponseRequest } from "../../../contracts/http/responses/request.ts";
import type { Response } from "../../../contracts/http/responses/response.ts";
import type { ResponseFace } from "./machine.ts";
import { chosenTools, offeredTools } from "./tools.ts";

/** `created_at` in seconds. */
export function responseFields(
  body: ResponseRequest,
  { id, created_at }: Pick<Response, "id" | "created_at">,
): ResponseFace["fields"] {
  const user = body.user ?? undefined;
  return {
    id,
    object: "response",
    created_at,
    model: body.model ?? "openclaw",
    previous_response_id: body.previous_response_id ?? null,
    instructions: body.instructions ?? null,
    tools: offeredTools(body),
    tool_choice: chosenTools(body.tool_choice),
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    text: textOf(body.text),
    reasoning: reasoningOf(body.reasoning),
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
    ...(user === undefined ? {} : { user }),
  };
}

function textOf(text: ResponseRequest["text"]): Response["text"] {
  const verbosity = text?.verbosity ?? undefined;
  return { format: formatOf(text?.format), ...(verbosity === undefined ? {} : { verbosity }) };
}

function formatOf(format: NonNullable<ResponseRequest["text"]>["format"]): Response["text"]["format"] {
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

function reasoningOf(reasoning: ResponseRequest["reasoning"]): Response["reasoning"] {
  if (reasoning === null || reasoning === undefined) return null;
  const { effort, summary, generate_summary } = reasoning;
  return { effort: effort ?? null, summary: summary ?? generate_summary ?? null };
}
