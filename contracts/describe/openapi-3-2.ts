/** Converts the document to OpenAPI 3.2, which describes each event of a stream: https://spec.openapis.org/oas/v3.2.0#server-sent-event-streams */
import type { Endpoint } from "../endpoint.ts";
import { endpoints } from "../index.ts";
import type { createOpenApiDocument } from "./openapi.ts";

type Json = Readonly<Record<string, unknown>>;
type Examples = Readonly<Record<string, { readonly summary: string; readonly value: Json }>>;

export function toOpenApi32(document: ReturnType<typeof createOpenApiDocument>): Json {
  const paths = structuredClone(document.paths) as Record<string, Record<string, Operation>>;
  for (const endpoint of Object.values<Endpoint>(endpoints)) {
    const content = paths[endpoint.path]?.[endpoint.method]?.responses["200"]?.content;
    const stream = content?.["text/event-stream"];
    if (content !== undefined && stream !== undefined)
      content["text/event-stream"] = describeStream(endpoint, stream);
  }
  return { ...document, openapi: "3.2.0", paths };
}

interface Operation {
  readonly responses: Record<string, { readonly content: Record<string, Json> }>;
}

function describeStream({ sentinel, eventNames, resumable }: Endpoint, { schema, examples }: Json): Json {
  const event = {
    type: "string",
    contentMediaType: "application/json",
    contentSchema: schema,
    description: "JSON of one event.",
  };
  const end = { type: "string", const: sentinel, description: "The end of a complete stream." };
  return {
    itemSchema: {
      type: "object",
      required: ["data"],
      properties: {
        ...(eventNames === "type" && { event: { type: "string", description: "The `type` of the event." } }),
        ...(eventNames === "message" && { event: { type: "string", const: eventNames } }),
        data: sentinel === undefined ? event : { anyOf: [end, event] },
        ...(resumable && {
          id: { type: "string", description: "Send it as `Last-Event-ID` to resume the stream after it." },
          retry: {
            type: "integer",
            const: resumable.retryMs,
            description: "Milliseconds before a reconnection.",
          },
        }),
      },
    },
    examples: Object.fromEntries(
      Object.entries(examples as Examples).map(([name, { summary, value }]) => {
        const fields = {
          ...(eventNames && { event: eventNames === "type" ? value["type"] : eventNames }),
          data: JSON.stringify(value),
          ...(resumable && { id: value["id"] }),
        };
        return [name, { summary, dataValue: [fields] }];
      }),
    ),
  };
}
