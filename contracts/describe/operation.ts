/** Describes one endpoint and its examples as an OpenAPI operation. */
import type { OpenAPIRegistry, ResponseConfig, RouteConfig } from "@asteasolutions/zod-to-openapi";
import type { AnyExample, Endpoint } from "../endpoint.ts";
import { createFailureResponses } from "./failures.ts";
import { SuccessHeaders } from "./headers.ts";
import { describeScopes, slugify } from "./text.ts";
import { selectEventExamples, renderTranscripts } from "./stream.ts";

type Request = NonNullable<RouteConfig["request"]>;

export function createOperation(
  registry: OpenAPIRegistry,
  endpoint: Endpoint,
  examples: readonly AnyExample[],
): RouteConfig {
  const { otherStatus } = endpoint;
  return {
    method: endpoint.method,
    path: endpoint.path,
    operationId: endpoint.id,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    description: renderDescription(endpoint),
    security: endpoint.auth === "public" ? [] : [{ bearer: [] }],
    request: createRequest(endpoint, examples),
    responses: {
      200: createSuccessResponse(endpoint, examples),
      ...createFailureResponses(registry, endpoint, examples),
      ...(otherStatus && { [otherStatus.status]: createReply(endpoint, otherStatus.description) }),
    },
  };
}

function renderDescription({ description: text, auth, enabledBy = [], aliases = [] }: Endpoint): string {
  const joinCode = (paths: readonly string[], between: string): string =>
    paths.map((path) => `\`${path}\``).join(between);
  return [
    text,
    ...(auth === "public" ? [] : [describeScopes(auth)]),
    ...(enabledBy.length > 0 ? [`On when ${joinCode(enabledBy, " or ")} is true.`] : []),
    ...(aliases.length > 0 ? [`Also at ${joinCode(aliases, ", ")}.`] : []),
  ].join("\n\n");
}

function createRequest(endpoint: Endpoint, examples: readonly AnyExample[]): Request {
  const { params, query, headers, body } = endpoint;
  return {
    ...(params && { params }),
    ...(query && { query }),
    ...(headers && { headers }),
    ...(body && {
      body: {
        required: true,
        content: { "application/json": { schema: body, examples: createBodyExamples(body, examples) } },
      },
    }),
  };
}

/** Leaves out requests that violate the schema: they are examples of errors. */
function createBodyExamples(schema: NonNullable<Endpoint["body"]>, examples: readonly AnyExample[]) {
  return Object.fromEntries(
    examples.flatMap(({ title, request: { headers, body } }) => {
      if (!schema.safeParse(body).success) return [];
      const headerTexts = Object.entries(headers ?? {}).map(
        ([name, value]) => `\`${name}: ${String(value)}\``,
      );
      const note = headerTexts.length > 0 && { description: `With ${headerTexts.join(" and ")}.` };
      return [[slugify(title), { summary: title, ...note, value: body }]];
    }),
  );
}

function createSuccessResponse(endpoint: Endpoint, examples: readonly AnyExample[]): ResponseConfig {
  const replies = examples.flatMap((example) =>
    "reply" in example ? [[slugify(example.title), { summary: example.title, value: example.reply }]] : [],
  );
  const response = createReply(endpoint, "The answer.", replies.length > 0 && Object.fromEntries(replies));
  const { events } = endpoint;
  if (events === undefined) return response;
  const stream = { schema: events, examples: Object.fromEntries(selectEventExamples(examples)) };
  return {
    ...response,
    description: `The reply: whole, or streamed.\n\n${renderTranscripts(endpoint, examples)}`,
    content: { ...response.content, "text/event-stream": stream },
  };
}

function createReply(
  { reply: schema, replyType = "application/json", replyHeaders }: Endpoint,
  text: string,
  examples: false | Record<string, object> = false,
) {
  return {
    description: text,
    headers: SuccessHeaders.extend(replyHeaders?.shape ?? {}),
    content: { [replyType]: { schema, ...(examples && { examples }) } },
  };
}
