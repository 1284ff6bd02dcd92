/** Describes one endpoint and its examples as an OpenAPI operation. */
import type { OpenAPIRegistry, ResponseConfig, RouteConfig } from "@asteasolutions/zod-to-openapi";
import { describeReply, type AnyExample, type Endpoint } from "../endpoint.ts";
import { longText } from "../limits.ts";
import { errorTable } from "../errors.ts";
import { createFailureResponses } from "./failures.ts";
import { createFormEncoding, describeFormValue } from "./forms.ts";
import { createSuccessHeaders, StreamHeaders } from "./headers.ts";
import { describeScopes, slugify, toPascalCase } from "./text.ts";
import type { CodeSample } from "./render-samples.ts";
import { createSamples, selectSampleExamples } from "./samples.ts";
import { selectEventExamples, renderTranscripts } from "./stream.ts";

type Request = NonNullable<RouteConfig["request"]>;

/** Describes an endpoint at its path and at each of its aliases. */
export function createOperations(
  registry: OpenAPIRegistry,
  endpoint: Endpoint,
  examples: readonly AnyExample[],
): readonly RouteConfig[] {
  const operation = createOperation(registry, endpoint, examples);
  const aliases = (endpoint.aliases ?? []).map((path) => ({
    ...operation,
    path,
    operationId: `${endpoint.id}At${toPascalCase(path)}`,
    summary: `${endpoint.summary} (another path)`,
    description: `The same as \`${endpoint.path}\`.`,
  }));
  return [operation, ...aliases];
}

function createOperation(
  registry: OpenAPIRegistry,
  endpoint: Endpoint,
  examples: readonly AnyExample[],
): RouteConfig {
  return {
    method: endpoint.method,
    path: endpoint.path,
    operationId: endpoint.id,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    description: renderDescription(endpoint),
    "x-codeSamples": renderSamples(endpoint, examples),
    security: describeSecurity(endpoint),
    request: createRequest(endpoint, examples),
    responses: {
      ...createFailureResponses(registry, endpoint, examples),
      ...createReplies(endpoint, examples),
    },
  };
}

/** `{}` says that the credential is optional. https://spec.openapis.org/oas/v3.1.0#security-requirement-object */
function describeSecurity({ auth, credential }: Endpoint): NonNullable<RouteConfig["security"]> {
  if (credential === "hook") return [{ hook: [] }, { hookHeader: [] }];
  if (auth === "public") return [];
  return auth === "optional" ? [{}, { bearer: [] }] : [{ bearer: [] }];
}

function renderSamples(endpoint: Endpoint, examples: readonly AnyExample[]): readonly CodeSample[] {
  if (examples.length === 0) return createSamples(endpoint);
  return selectSampleExamples(examples).flatMap((example) => createSamples(endpoint, example));
}

function renderDescription({ description: text, auth, credential, enabledBy = [] }: Endpoint): string {
  const joinCode = (paths: readonly string[], between: string): string =>
    paths.map((path) => `\`${path}\``).join(between);
  return [
    text,
    ...(credential === "hook"
      ? ["Requires `hooks.token`. Other credentials are rejected. A token in the query gets 400."]
      : []),
    ...(auth === "public" || auth === "optional" || credential === "hook" ? [] : [describeScopes(auth)]),
    ...(enabledBy.length > 0 ? [`On when ${joinCode(enabledBy, " or ")} is true.`] : []),
  ].join("\n\n");
}

function createRequest(endpoint: Endpoint, examples: readonly AnyExample[]): Request {
  const { params, query, headers, body, isBodyOptional = false, bodyType = "application/json" } = endpoint;
  return {
    ...(params && { params }),
    ...(query && { query }),
    ...(headers && { headers }),
    ...(body && {
      body: {
        required: !isBodyOptional,
        content: {
          [bodyType]: {
            schema: body,
            examples: createBodyExamples(body, examples),
            ...(bodyType === "multipart/form-data" && { encoding: createFormEncoding(body) }),
          },
        },
      },
    }),
  };
}

/** Leaves out requests that the gateway rejects: they are examples of errors. */
function createBodyExamples(schema: NonNullable<Endpoint["body"]>, examples: readonly AnyExample[]) {
  return Object.fromEntries(
    examples.flatMap((example) => {
      const { title, request } = example;
      const { headers, body } = request;
      const isRejected = "error" in example && errorTable[example.error.code].status < 429;
      if (isRejected || !schema.safeParse(body).success) return [];
      const headerTexts = Object.entries(headers ?? {}).map(
        ([name, value]) => `\`${name}: ${String(value)}\``,
      );
      const note = headerTexts.length > 0 && { description: `With ${headerTexts.join(" and ")}.` };
      return [[slugify(title), { summary: title, ...note, value: describeFormValue(body) }]];
    }),
  );
}

function createReplies(endpoint: Endpoint, examples: readonly AnyExample[]): RouteConfig["responses"] {
  return Object.fromEntries(
    Object.keys(endpoint.responses)
      .map(Number)
      .map((status) => {
        const reply = createReply(endpoint, status, examples);
        return [status, status === 200 ? addLinks(endpoint, addStream(endpoint, reply, examples)) : reply];
      }),
  );
}

function createReply(endpoint: Endpoint, status: number, examples: readonly AnyExample[]): ResponseConfig {
  const { responses, replyHeaders } = endpoint;
  const {
    description,
    body,
    type = "application/json",
    alternatives = [],
  } = describeReply(responses[status] ?? { description: "" });
  const replies = examples.flatMap((example) =>
    "reply" in example && (example.status ?? 200) === status
      ? [[slugify(example.title), { summary: example.title, value: example.reply }]]
      : [],
  );
  return {
    description,
    headers: createSuccessHeaders(endpoint).extend(replyHeaders?.shape ?? {}),
    ...(body && {
      content: {
        [type]: { schema: body, ...(replies.length > 0 && { examples: Object.fromEntries(replies) }) },
        ...Object.fromEntries(alternatives.map((alternative) => [alternative, { schema: longText() }])),
      },
    }),
  };
}

function addLinks({ links }: Endpoint, reply: ResponseConfig): ResponseConfig {
  if (links === undefined) return reply;
  const described = Object.entries(links).map(([name, { to, description, parameters, body }]) => [
    name,
    { operationId: to, description, ...(parameters && { parameters }), ...(body && { requestBody: body }) },
  ]);
  return { ...reply, links: Object.fromEntries(described) };
}

/** Adds the stream that an endpoint sends instead of its reply. */
function addStream(
  endpoint: Endpoint,
  reply: ResponseConfig,
  examples: readonly AnyExample[],
): ResponseConfig {
  const { events, replyHeaders } = endpoint;
  if (events === undefined) return reply;
  const stream = { schema: events, examples: Object.fromEntries(selectEventExamples(examples)) };
  return {
    description: `The reply: whole, or streamed.\n\n${renderTranscripts(endpoint, examples)}`,
    headers: createSuccessHeaders(endpoint)
      .extend(replyHeaders?.shape ?? {})
      .extend(StreamHeaders.shape),
    content: { ...reply.content, "text/event-stream": stream },
  };
}
