/** Describes both WebSockets as one AsyncAPI 3.1 document, with one channel per subject. */
import { errorTable } from "../errors.ts";
import { gatewayEvents, methodExampleSets } from "../examples/socket/index.ts";
import { Challenge } from "../socket/connect.ts";
import type { SocketEvent } from "../socket/method.ts";
import { selectReferencedSchemas, type Schemas } from "./named-schemas.ts";
import { describeScopes } from "./text.ts";
import { responsesChannel } from "./responses-channel.ts";
import { renderSocketIntroduction } from "./socket-introduction.ts";
import {
  createAnswerMessage,
  createCallMessage,
  createEventMessage,
  createFailureMessage,
  type Json,
  type Message,
} from "./socket-messages.ts";
import {
  describedEvents,
  describedMethods,
  getSchemaName,
  toPascalCase,
  createSocketSchemas,
} from "./socket-schemas.ts";

/** All channels are the same WebSocket. Subjects group its fifty operations. */
const subjects: Readonly<Record<string, string>> = {
  Connection: "How to connect.",
  Gateway: "The gateway itself.",
  Agents: "The agents and their language models.",
  Tools: "The agents' tools, which programs can also run without an agent.",
  Runs: "Runs of agents, started over HTTP or WebSocket.",
  Chat: "Conversations, for programs that display them.",
  Sessions: "Stored conversations.",
  Keys: "Named keys: credentials with limited permissions.",
  Configuration: "The configuration file of the gateway.",
  Usage: "Tokens and cost of model calls.",
};

interface Operation {
  readonly id: string;
  readonly action: "receive" | "send";
  /** The name of the method or event on the wire. */
  readonly title: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: readonly string[];
  readonly message: Message;
  readonly answers?: readonly Message[];
}

/**
 * Returns the schemas of the messages. A discriminator of AsyncAPI has no mapping: its values are names of schemas, which these
 * are not. Each member of a union has a property with one value instead.
 */
function createSchemas(messages: Json): Schemas {
  const schemas = { ...createSocketSchemas(), ...responsesChannel.schemas() } as Schemas;
  const converted = Object.entries(schemas).map(
    ([name, { discriminator: _mapped, ...schema }]) => [name, schema] as const,
  );
  return selectReferencedSchemas(Object.fromEntries(converted), messages);
}

type DescribedMethod = (typeof describedMethods)[number];

const failure = createFailureMessage();

export function createAsyncApiDocument(version: string): Json {
  const operations = [
    ...describedMethods.map(createCallOperation),
    createChallengeOperation(),
    ...describedEvents.map(createEventOperation),
  ];
  const channels = Object.entries(subjects).map(([name, description]) => {
    const channelOperations = operations.filter(({ tag }) => tag === name);
    return [name, createChannel(name, description, channelOperations.flatMap(listMessages))] as const;
  });
  const messages = {
    ...Object.fromEntries(operations.flatMap(listMessages).map((each) => [each.name, each])),
    ...responsesChannel.messages,
  };
  return {
    asyncapi: "3.1.0",
    id: "urn:openclaw:gateway:socket",
    info: {
      title: "OpenClaw gateway: WebSockets",
      version,
      description: renderSocketIntroduction(),
      license: { name: "MIT", url: "https://opensource.org/license/mit" },
      tags: Object.entries(subjects).map(([name, description]) => ({ name, description })),
    },
    defaultContentType: "application/json",
    servers: {
      local: { host: "127.0.0.1:18789", protocol: "ws", description: "The gateway on this machine." },
    },
    channels: { ...Object.fromEntries(channels), ...responsesChannel.channels },
    operations: {
      ...Object.fromEntries(operations.map((each) => [each.id, toOperationObject(each)])),
      ...responsesChannel.operations,
    },
    components: {
      messages,
      schemas: createSchemas(messages),
      securitySchemes: {
        secret: {
          type: "apiKey",
          in: "password",
          description:
            "The gateway's secret or the secret of a key, as `auth.token` or `auth.password` of `connect`.",
        },
        ...responsesChannel.securitySchemes,
      },
    },
  };
}

function createCallOperation({
  contract,
  auth,
  params,
  result,
  accepted,
  errors,
}: DescribedMethod): Operation {
  const { method, tag, summary, description } = contract;
  const id = toPascalCase(method);
  const codes = errors.map((code) => `\`${code}\` (${errorTable[code].socket})`).join(", ");
  return {
    id,
    action: "receive",
    title: method,
    tag,
    summary,
    description: [
      description,
      ...(auth === undefined ? [] : [describeScopes(auth)]),
      ...(codes === "" ? [] : [`Fails with ${codes}, and the common errors.`]),
    ],
    message: createCallMessage(`${id}Call`, method, summary, getSchemaName(params)),
    answers: [
      ...(accepted
        ? [createAnswerMessage(`${id}Accepted`, method, getSchemaName(accepted), "accepted")]
        : []),
      createAnswerMessage(`${id}Result`, method, getSchemaName(result), "result"),
      failure,
    ],
  };
}

function createChallengeOperation(): Operation {
  const summary = "The first frame of a connection";
  return {
    id: "Challenge",
    action: "send",
    title: "connect.challenge",
    tag: "Connection",
    summary,
    description: ["Sent immediately. The client answers with a call of `connect`."],
    message: createEventMessage(
      "ConnectChallenge",
      "connect.challenge",
      summary,
      getSchemaName(Challenge),
      [],
    ),
  };
}

function createEventOperation(contract: SocketEvent): Operation {
  const { event, tag, summary, description, auth, payload } = contract;
  const id = `On${toPascalCase(event)}`;
  return {
    id,
    action: "send",
    title: event,
    tag,
    summary,
    description: [description, ...(auth === undefined ? [] : [describeScopes(auth)])],
    message: createEventMessage(
      `${toPascalCase(event)}Event`,
      event,
      summary,
      getSchemaName(payload),
      collectExamples(contract),
    ),
  };
}

const listMessages = ({ message, answers = [] }: Operation): readonly Message[] => [message, ...answers];

function createChannel(title: string, description: string, messages: readonly Message[]): Json {
  const refs = messages.map(({ name }) => [name, { $ref: `#/components/messages/${name}` }] as const);
  return { address: "/", title, description, messages: Object.fromEntries(refs) };
}

function toOperationObject({ action, title, tag, summary, description, message, answers }: Operation): Json {
  const channelRef = { $ref: `#/channels/${tag}` };
  const toRefs = (messages: readonly Message[]): readonly Json[] =>
    messages.map(({ name }) => ({ $ref: `#/channels/${tag}/messages/${name}` }));
  return {
    action,
    channel: channelRef,
    title,
    summary,
    description: description.join("\n\n"),
    security: [{ $ref: "#/components/securitySchemes/secret" }],
    messages: toRefs([message]),
    ...(answers && { reply: { channel: channelRef, messages: toRefs(answers) } }),
  };
}

/** Returns one payload of each kind from the examples of methods, and the event's own examples. */
function collectExamples({ event }: SocketEvent): readonly unknown[] {
  const payloads = methodExampleSets
    .flatMap((set) => set.examples)
    .flatMap(({ events = [] }) => events)
    .filter((each) => each.event === event)
    .map(({ payload }) => payload as Json);
  const kinds = new Map(
    payloads.map((payload) => [String(payload["stream"] ?? payload["state"] ?? payload["reason"]), payload]),
  );
  const ownPayloads = gatewayEvents
    .filter((each) => each.event.event === event)
    .map(({ payload }) => payload);
  return [...kinds.values(), ...ownPayloads];
}
