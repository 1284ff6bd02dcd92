/** Describes the WebSocket on /v1/responses as an AsyncAPI channel. POST /v1/responses describes its payloads. */
import { OpenApiGeneratorV31 } from "@asteasolutions/zod-to-openapi";
import { errorTable } from "../errors.ts";
import { exampleSets } from "../examples/index.ts";
import { createResponse } from "../http/responses/endpoint.ts";
import { responseSocketErrors, ResponseSocketError } from "../http/responses/socket.ts";
import type { Json, Message } from "./socket-messages.ts";
import { getSchemaName } from "./socket-schemas.ts";

const channelName = "Responses";
const document = "openapi.yaml#/components/schemas";

const text = `
OpenResponses' WebSocket: the events of \`POST /v1/responses\` over one connection. The upgrade request has the same \`Authorization\` header and the same \`x-openclaw-*\` headers, which apply to all requests of the connection; an \`Idempotency-Key\` is rejected. Errors of the upgrade request are sent as HTTP responses instead of the 101.

Requests run one after the other, in order, in each lane: those with the same \`stream_id\`, or without one. Lanes run side by side: up to 16 at a time, with up to 32 names; up to 16 requests may wait. Every event repeats the \`stream_id\` of its request. A response with \`store: false\` is kept in memory while it is the newest of its lane, and can be continued on the connection, in any lane, with \`previous_response_id\`. It is dropped when a request of its lane that continues it fails. \`generate: false\` only brings input: its response has no output, and the next request continues it. Stored responses can be continued on any connection. Closing the connection aborts the run, unless \`gateway.http.onDisconnect\` is \`finish\` and the run has a session. After 60 minutes, when the current response has ended, the gateway sends the error \`websocket_connection_limit_reached\` and closes the connection.
`.trim();

const create: Message = {
  name: "ResponseCreate",
  title: "response.create",
  summary: "Create a response",
  payload: {
    type: "object",
    required: ["type", "input"],
    properties: {
      type: { const: "response.create", description: "Always `response.create`." },
      input: { description: "The new input: a text or a list of items." },
    },
    additionalProperties: true,
    description: `\`type\` and the fields of \`${document}/ResponseRequest\`. \`stream\` and \`stream_options\` are ignored; \`background: true\` is 400. \`generate\` and \`stream_id\` are fields of this channel only.`,
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
  summary: "An event of the response",
  payload: {
    type: "object",
    required: ["type", "sequence_number"],
    properties: {
      type: { type: "string", description: "Type of the event." },
      sequence_number: {
        type: "integer",
        minimum: 0,
        description: "Number of the event in the response, from 0.",
      },
    },
    additionalProperties: true,
    description: `One of \`${document}/ResponseEvent\`, with the same numbers as over HTTP; \`error\` also has the HTTP \`status\`. The last event is \`response.completed\`, \`response.incomplete\` or \`response.failed\`; there is no \`[DONE]\`.`,
  },
};

const failure: Message = {
  name: "ResponseFailure",
  title: "error",
  summary: "A request that failed before its first event",
  payload: { $ref: `#/components/schemas/${getSchemaName(ResponseSocketError)}` },
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

/** Sections of the AsyncAPI document. */
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
      summary: "Create a response with an agent",
      description: "Needs the same permission as `POST /v1/responses`.",
    }),
    OnResponse: operation("send", [event, failure], {
      summary: "The events of a response",
      description: `The events of the response, or one error instead. Errors: ${responseSocketErrors.map((code) => `\`${code}\``).join(", ")}, and those of \`POST /v1/responses\`.`,
    }),
  },
  messages: { [create.name]: create, [event.name]: event, [failure.name]: failure },
  schemas: (): Readonly<Record<string, object>> => {
    const definitions = [{ type: "schema" as const, schema: ResponseSocketError }];
    return new OpenApiGeneratorV31(definitions).generateComponents().components?.schemas ?? {};
  },
  securitySchemes: {
    bearer: { type: "http", scheme: "bearer", description: "The gateway's secret or the secret of a key." },
  },
};
