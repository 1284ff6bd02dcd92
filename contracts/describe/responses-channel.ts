/** The WebSocket on /v1/responses as a channel of AsyncAPI. What its frames carry is described with POST /v1/responses. */
import { OpenApiGeneratorV31 } from "@asteasolutions/zod-to-openapi";
import { errorTable } from "../errors.ts";
import { exampleSets } from "../examples/index.ts";
import { createResponse } from "../http/responses/endpoint.ts";
import { responseSocketErrors, ResponseSocketError } from "../http/responses/socket.ts";
import type { Json, Message } from "./socket-messages.ts";
import { nameOf } from "./socket-schemas.ts";

const channelName = "Responses";
const document = "openapi.yaml#/components/schemas";

const text = `
OpenResponses' WebSocket: the events of \`POST /v1/responses\` without a request each. It is opened at that path with the same \`Authorization\` header and the same \`x-openclaw-*\` headers, which hold for all of its requests; an \`Idempotency-Key\` is refused. What is wrong with that is answered as over HTTP, before the 101.

Requests are answered one after the other in their order; up to 16 may wait. A response with \`store: false\` is remembered while it is the newest of its connection, and can be continued there by \`previous_response_id\`; when a request that continues it fails, it is forgotten. Stored ones are continued anywhere. Closing the connection stops the run, unless the gateway is set to let runs of stored sessions finish. After 60 minutes, and after the response in the making, comes the error \`websocket_connection_limit_reached\`, and the connection is closed.
`.trim();

const create: Message = {
  name: "ResponseCreate",
  title: "response.create",
  summary: "Ask for a response",
  payload: {
    type: "object",
    required: ["type", "input"],
    properties: {
      type: { const: "response.create", description: "Always `response.create`." },
      input: { description: "What is new: one text, or items." },
    },
    additionalProperties: true,
    description: `Beside \`type\` the fields of \`${document}/ResponseRequest\`. \`stream\` and \`stream_options\` are ignored, \`background: true\` and OpenAI's \`generate: false\` are 400.`,
  },
  examples: exampleSets
    .filter(({ endpoint }) => endpoint.id === createResponse.id)
    .flatMap(({ examples }) => examples as readonly { readonly title: string; readonly request: unknown }[])
    .slice(0, 1)
    .map(({ title, request }) => ({
      name: "ask",
      summary: title,
      payload: { type: "response.create", ...(request as { readonly body: object }).body },
    })),
};

const event: Message = {
  name: "ResponseEvent",
  title: "response.*",
  summary: "What becomes of it, event by event",
  payload: {
    type: "object",
    required: ["type", "sequence_number"],
    properties: {
      type: { type: "string", description: "Which event it is." },
      sequence_number: { type: "integer", minimum: 0, description: "0, 1, 2 … within a response." },
    },
    additionalProperties: true,
    description: `One of \`${document}/ResponseEvent\`, as over HTTP and with the same numbers; \`error\` says its HTTP \`status\` too. The last is \`response.completed\`, \`response.incomplete\` or \`response.failed\`; there is no \`[DONE]\`.`,
  },
};

const failure: Message = {
  name: "ResponseFailure",
  title: "error",
  summary: "A request that came to nothing",
  payload: { $ref: `#/components/schemas/${nameOf(ResponseSocketError)}` },
  examples: [
    {
      name: "gone",
      payload: {
        type: "error",
        status: errorTable.previous_response_not_found.status,
        error: {
          type: errorTable.previous_response_not_found.type,
          code: "previous_response_not_found",
          message: 'previous_response_id: the agent "main" has no stored response "resp_1"',
          param: "previous_response_id",
        },
      },
    },
  ],
};

const inChannel = ({ name }: Message): Json => ({ $ref: `#/channels/${channelName}/messages/${name}` });
const security = [{ $ref: "#/components/securitySchemes/bearer" }];

const operation = (
  action: "receive" | "send",
  messages: readonly [Message, ...Message[]],
  more: Json,
): Json => ({
  action,
  channel: { $ref: `#/channels/${channelName}` },
  title: messages[0]["title"],
  security,
  messages: messages.map(inChannel),
  ...more,
});

/** Parts of the document, by the names of its sections. */
export const responsesChannel = {
  channels: {
    [channelName]: {
      address: createResponse.path,
      title: "Responses",
      description: text,
      messages: Object.fromEntries(
        [create, event, failure].map(({ name }) => [name, { $ref: `#/components/messages/${name}` }]),
      ),
    },
  },
  operations: {
    CreateResponse: operation("receive", [create], {
      summary: "Ask an agent for a response",
      description: "The right is that of `POST /v1/responses`.",
    }),
    OnResponse: operation("send", [event, failure], {
      summary: "What becomes of a request",
      description: `Its events, or the one failure in their place. Fails with ${responseSocketErrors.map((code) => `\`${code}\``).join(", ")}, besides what \`POST /v1/responses\` may fail with.`,
    }),
  },
  messages: { [create.name]: create, [event.name]: event, [failure.name]: failure },
  schemas: (): Readonly<Record<string, object>> => {
    const definitions = [{ type: "schema" as const, schema: ResponseSocketError }];
    return new OpenApiGeneratorV31(definitions).generateComponents().components?.schemas ?? {};
  },
  securitySchemes: {
    bearer: { type: "http", scheme: "bearer", description: "The gateway's secret, or that of a key." },
  },
};
