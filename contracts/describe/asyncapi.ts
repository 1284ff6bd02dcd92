/** The sockets as one AsyncAPI 3.0 document: what each side may send, and what answers it. A channel a subject. */
import { errorTable } from "../errors.ts";
import { gatewayEvents, methodExampleSets } from "../examples/socket/index.ts";
import { Challenge } from "../socket/connect.ts";
import type { SocketEvent } from "../socket/method.ts";
import { neededScopes } from "./needed-scopes.ts";
import { responsesChannel } from "./responses-channel.ts";
import { socketIntroduction } from "./socket-introduction.ts";
import {
  answerMessage,
  callMessage,
  eventMessage,
  failureMessage,
  type Json,
  type Message,
} from "./socket-messages.ts";
import { describedEvents, describedMethods, nameOf, pascal, socketSchemas } from "./socket-schemas.ts";

/** Every one is the same WebSocket; a reader finds a subject more easily than a name among fifty. */
const subjects: Readonly<Record<string, string>> = {
  Connection: "How a connection comes about.",
  Gateway: "The gateway itself.",
  Agents: "The agents and their language models.",
  Tools: "The agents' tools, also for programs that need no agent.",
  Runs: "Turns of an agent, of every door.",
  Chat: "Conversations, for programs that show one.",
  Sessions: "Stored conversations.",
  Keys: "Credentials for programs and people that shall not do everything.",
};

interface Operation {
  readonly id: string;
  readonly action: "receive" | "send";
  /** Its name on the wire. */
  readonly title: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: readonly string[];
  readonly message: Message;
  readonly answers?: readonly Message[];
}

type DescribedMethod = (typeof describedMethods)[number];

const failure = failureMessage();

export function asyncApiDocument(version: string): Json {
  const operations = [
    ...describedMethods.map(callOperation),
    challengeOperation(),
    ...describedEvents.map(eventOperation),
  ];
  const channels = Object.entries(subjects).map(([name, description]) => {
    const of = operations.filter(({ tag }) => tag === name);
    return [name, channel(name, description, of.flatMap(messagesOf))] as const;
  });
  return {
    asyncapi: "3.0.0",
    id: "urn:openclaw:gateway:socket",
    info: {
      title: "OpenClaw gateway: the socket",
      version,
      description: socketIntroduction(),
      license: { name: "MIT", url: "https://opensource.org/license/mit" },
    },
    defaultContentType: "application/json",
    servers: {
      local: { host: "127.0.0.1:18789", protocol: "ws", description: "The gateway on this machine." },
    },
    channels: { ...Object.fromEntries(channels), ...responsesChannel.channels },
    operations: {
      ...Object.fromEntries(operations.map((each) => [each.id, operation(each)])),
      ...responsesChannel.operations,
    },
    components: {
      messages: {
        ...Object.fromEntries(operations.flatMap(messagesOf).map((each) => [each.name, each])),
        ...responsesChannel.messages,
      },
      schemas: { ...socketSchemas(), ...responsesChannel.schemas() },
      securitySchemes: {
        secret: {
          type: "apiKey",
          in: "password",
          description:
            "The gateway's secret, or that of a key, as `auth.token` or `auth.password` of `connect`.",
        },
        ...responsesChannel.securitySchemes,
      },
    },
  };
}

function callOperation({ contract, auth, params, result, accepted, errors }: DescribedMethod): Operation {
  const { method, tag, summary, description } = contract;
  const id = pascal(method);
  const codes = errors.map((code) => `\`${code}\` (${errorTable[code].socket})`).join(", ");
  return {
    id,
    action: "receive",
    title: method,
    tag,
    summary,
    description: [
      description,
      ...(auth === undefined ? [] : [neededScopes(auth)]),
      ...(codes === "" ? [] : [`Fails with ${codes}, besides what every method may fail with.`]),
    ],
    message: callMessage(`${id}Call`, method, summary, nameOf(params)),
    answers: [
      ...(accepted ? [answerMessage(`${id}Accepted`, method, nameOf(accepted), "accepted")] : []),
      answerMessage(`${id}Result`, method, nameOf(result), "result"),
      failure,
    ],
  };
}

function challengeOperation(): Operation {
  const summary = "The first frame of a connection";
  return {
    id: "Challenge",
    action: "send",
    title: "connect.challenge",
    tag: "Connection",
    summary,
    description: ["Comes at once. The client answers with a call of `connect`."],
    message: eventMessage("ConnectChallenge", "connect.challenge", summary, nameOf(Challenge), []),
  };
}

function eventOperation(contract: SocketEvent): Operation {
  const { event, tag, summary, description, auth, payload } = contract;
  const id = `On${pascal(event)}`;
  return {
    id,
    action: "send",
    title: event,
    tag,
    summary,
    description: [description, ...(auth === undefined ? [] : [neededScopes(auth)])],
    message: eventMessage(`${pascal(event)}Event`, event, summary, nameOf(payload), examplesOf(contract)),
  };
}

const messagesOf = ({ message, answers = [] }: Operation): readonly Message[] => [message, ...answers];

function channel(title: string, description: string, messages: readonly Message[]): Json {
  const refs = messages.map(({ name }) => [name, { $ref: `#/components/messages/${name}` }] as const);
  return { address: "/", title, description, messages: Object.fromEntries(refs) };
}

function operation({ action, title, tag, summary, description, message, answers }: Operation): Json {
  const at = { $ref: `#/channels/${tag}` };
  const refs = (messages: readonly Message[]): readonly Json[] =>
    messages.map(({ name }) => ({ $ref: `#/channels/${tag}/messages/${name}` }));
  return {
    action,
    channel: at,
    title,
    summary,
    description: description.join("\n\n"),
    security: [{ $ref: "#/components/securitySchemes/secret" }],
    messages: refs([message]),
    ...(answers && { reply: { channel: at, messages: refs(answers) } }),
  };
}

/** One of each kind that the examples of methods show, or what the event looks like by itself. */
function examplesOf({ event }: SocketEvent): readonly unknown[] {
  const seen = methodExampleSets
    .flatMap((set) => set.examples)
    .flatMap(({ events = [] }) => events)
    .filter((each) => each.event === event)
    .map(({ payload }) => payload as Json);
  const kinds = new Map(
    seen.map((payload) => [String(payload["stream"] ?? payload["state"] ?? payload["reason"]), payload]),
  );
  const own = gatewayEvents.filter((each) => each.event.event === event).map(({ payload }) => payload);
  return [...kinds.values(), ...own];
}
