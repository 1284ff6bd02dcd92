/** One endpoint and its examples as one OpenAPI operation. */
import type { OpenAPIRegistry, ResponseConfig, RouteConfig } from "@asteasolutions/zod-to-openapi";
import type { AnyExample, Endpoint } from "../endpoint.ts";
import { failureResponses } from "./failures.ts";
import { SuccessHeaders } from "./headers.ts";
import { neededScopes } from "./needed-scopes.ts";
import { slug } from "./slug.ts";
import { eventExamples, transcripts } from "./stream.ts";

type Request = NonNullable<RouteConfig["request"]>;

export function operation(
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
    description: description(endpoint),
    security: endpoint.auth === "public" ? [] : [{ bearer: [] }],
    request: request(endpoint, examples),
    responses: {
      200: success(endpoint, examples),
      ...failureResponses(registry, endpoint, examples),
      ...(otherStatus && { [otherStatus.status]: reply(endpoint, otherStatus.description) }),
    },
  };
}

function description({ description: text, auth, enabledBy = [], aliases = [] }: Endpoint): string {
  const code = (paths: readonly string[], between: string): string =>
    paths.map((path) => `\`${path}\``).join(between);
  return [
    text,
    ...(auth === "public" ? [] : [neededScopes(auth)]),
    ...(enabledBy.length > 0 ? [`On when ${code(enabledBy, " or ")} is true.`] : []),
    ...(aliases.length > 0 ? [`Also at ${code(aliases, ", ")}.`] : []),
  ].join("\n\n");
}

function request(endpoint: Endpoint, examples: readonly AnyExample[]): Request {
  const { params, query, headers, body } = endpoint;
  return {
    ...(params && { params }),
    ...(query && { query }),
    ...(headers && { headers }),
    ...(body && {
      body: {
        required: true,
        content: { "application/json": { schema: body, examples: bodies(body, examples) } },
      },
    }),
  };
}

/** A request that its schema refuses is no example of it. */
function bodies(schema: NonNullable<Endpoint["body"]>, examples: readonly AnyExample[]) {
  return Object.fromEntries(
    examples.flatMap(({ title, request: { headers, body } }) => {
      if (!schema.safeParse(body).success) return [];
      const sent = Object.entries(headers ?? {}).map(([name, value]) => `\`${name}: ${String(value)}\``);
      const note = sent.length > 0 && { description: `With ${sent.join(" and ")}.` };
      return [[slug(title), { summary: title, ...note, value: body }]];
    }),
  );
}

function success(endpoint: Endpoint, examples: readonly AnyExample[]): ResponseConfig {
  const replies = examples.flatMap((example) =>
    "reply" in example ? [[slug(example.title), { summary: example.title, value: example.reply }]] : [],
  );
  const whole = reply(endpoint, "The answer.", replies.length > 0 && Object.fromEntries(replies));
  const { events } = endpoint;
  if (events === undefined) return whole;
  const stream = { schema: events, examples: Object.fromEntries(eventExamples(examples)) };
  return {
    ...whole,
    description: `The reply: whole, or streamed.\n\n${transcripts(endpoint, examples)}`,
    content: { ...whole.content, "text/event-stream": stream },
  };
}

function reply(
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
