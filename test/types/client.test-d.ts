// Checked by the compiler, never run: the typed client takes what the contract takes and returns what it replies.
import { expectTypeOf } from "vitest";
import { z } from "zod";
import {
  createClient,
  isGatewayError,
  responseFormat,
  textFormat,
  type AgentEvent,
  type AgentResponse,
  type ChatCompletion,
  type ChatCompletionChunk,
  type ChatCompletionStream,
  type ClientErrorCode,
  type GatewayErrorCode,
  type GatewayRequestError,
  type Message,
  type MessageEvent,
  type MessageStream,
  type OperationErrorCodes,
  type ResponseInputItem,
  type ResponseStream,
  type RunResult,
  type Session,
  type ToolInvocation,
  type WithRequestId,
  type operations,
} from "../../clients/typescript/src/index.ts";

const client = createClient({ baseUrl: "http://127.0.0.1:18789", token: "secret", fetch: globalThis.fetch });
const { create } = client.chat.completions;
const messages = [{ role: "user" as const, content: "hi" }];

const completion = create({ model: "openclaw", messages });
expectTypeOf(completion).resolves.toEqualTypeOf<ChatCompletion & WithRequestId>();
expectTypeOf(create({ model: "openclaw", messages, stream: false })).resolves.toEqualTypeOf<
  ChatCompletion & WithRequestId
>();

const stream = create({ model: "openclaw", messages, stream: true }, { agent: "coder", sessionKey: "notes" });
expectTypeOf(stream).resolves.toEqualTypeOf<ChatCompletionStream>();
expectTypeOf<ChatCompletionStream>().toExtend<AsyncIterable<ChatCompletionChunk>>();

const message = client.messages.create({ model: "openclaw", max_tokens: 10, messages });
expectTypeOf(message).resolves.toEqualTypeOf<Message & WithRequestId>();
const messageStream = client.messages.create({ model: "openclaw", max_tokens: 10, messages, stream: true });
expectTypeOf(messageStream).resolves.toEqualTypeOf<MessageStream>();
expectTypeOf<MessageStream>().toExtend<AsyncIterable<MessageEvent>>();

// @ts-expect-error The limit is required.
void client.messages.create({ model: "openclaw", messages });

declare const optionalStream: boolean;
const either = create({ model: "openclaw", messages, stream: optionalStream });
expectTypeOf(either).resolves.toEqualTypeOf<(ChatCompletion & WithRequestId) | ChatCompletionStream>();

// @ts-expect-error An unstreamed reply is not iterable.
(await completion) satisfies AsyncIterable<unknown>;

// @ts-expect-error A stream has no choices.
void (await stream).choices;

// @ts-expect-error The model is required.
void create({ messages });

// @ts-expect-error Unknown role.
void create({ model: "openclaw", messages: [{ role: "robot", content: "Beep." }] });

// @ts-expect-error A tool's result names its call.
void create({ model: "openclaw", messages: [{ role: "tool", content: "42" }] });

// @ts-expect-error The temperature is a number.
void create({ model: "openclaw", messages, temperature: "hot" });

// @ts-expect-error Unknown option.
void create({ model: "openclaw", messages }, { session: "notes" });

// Address and token have defaults.
createClient();
createClient({ token: null });

declare const error: unknown;
if (isGatewayError(error)) {
  expectTypeOf(error).toEqualTypeOf<GatewayRequestError>();
  // The known codes are completed, and others are allowed: the gateway may be newer.
  expectTypeOf<"session_busy">().toExtend<typeof error.code>();
  expectTypeOf<string>().toExtend<typeof error.code>();
  expectTypeOf<GatewayErrorCode>().toExtend<typeof error.code>();
  // @ts-expect-error Misspelled.
  "sesion_busy" satisfies GatewayErrorCode;
}

// An operation has its own codes, those of the client, and others of later versions.
if (isGatewayError<"deleteResponse">(error)) {
  expectTypeOf(error.code).toEqualTypeOf<
    OperationErrorCodes["deleteResponse"] | ClientErrorCode | (string & {}) | null
  >();
  expectTypeOf(error).toExtend<GatewayRequestError>();
  expectTypeOf<"response_not_found">().toExtend<OperationErrorCodes["deleteResponse"]>();
  expectTypeOf<"invalid_api_key">().toExtend<OperationErrorCodes["deleteResponse"]>();
  // @ts-expect-error It runs no model.
  "context_length_exceeded" satisfies OperationErrorCodes["deleteResponse"];
}
// A resumed stream fails with codes that no status has.
expectTypeOf<"upstream_timeout">().toExtend<OperationErrorCodes["retrieveResponse"]>();
expectTypeOf<OperationErrorCodes[keyof OperationErrorCodes]>().toExtend<GatewayErrorCode>();
expectTypeOf<keyof OperationErrorCodes>().toExtend<keyof operations>();
// @ts-expect-error Unknown operation.
isGatewayError<"delteResponse">(error);

expectTypeOf(client.models.list()).resolves.toHaveProperty("data");
expectTypeOf(client.ready()).resolves.toHaveProperty("reasons");
expectTypeOf((await client.ready()).ready).toEqualTypeOf<boolean>();

// ── Results ──────────────────────────────────────────────────────────────────

expectTypeOf(completion.withResponse()).resolves.toHaveProperty("request_id");
expectTypeOf((await completion.withResponse()).data).toEqualTypeOf<ChatCompletion & WithRequestId>();
expectTypeOf((await stream.withResponse()).data).toEqualTypeOf<ChatCompletionStream>();

const invocation: ToolInvocation = await client.tools.invoke({ tool: "exec" }, { timeout: 1, maxRetries: 0 });
if (invocation.type === "result") expectTypeOf(invocation.result.content).toBeArray();
else expectTypeOf(invocation.decision.allowed).toBeBoolean();

const weather = responseFormat(z.object({ city: z.string(), degrees: z.number() }), "weather");
const parsed = await client.chat.completions.parse({ model: "openclaw", messages, response_format: weather });
expectTypeOf(parsed.choices[0]?.message.parsed).toEqualTypeOf<
  { city: string; degrees: number } | null | undefined
>();
const format = textFormat(z.array(z.string()), "list");
const parsedResponse = await client.responses.parse({ model: "openclaw", input: "hi", text: { format } });
expectTypeOf(parsedResponse.output_parsed).toEqualTypeOf<string[] | null>();

// @ts-expect-error A stream is not parsed.
void client.chat.completions.parse({ model: "a", messages, response_format: weather, stream: true });

// ── Responses ───────────────────────────────────────────────────────────────

const { responses } = client;
const response = { model: "openclaw", input: "hi" };

expectTypeOf(responses.create(response)).resolves.toEqualTypeOf<AgentResponse & WithRequestId>();
expectTypeOf(responses.create({ ...response, stream: true })).resolves.toEqualTypeOf<ResponseStream>();
expectTypeOf(responses.create({ ...response, stream: optionalStream })).resolves.toEqualTypeOf<
  (AgentResponse & WithRequestId) | ResponseStream
>();
expectTypeOf(responses.retrieve("resp_1")).resolves.toEqualTypeOf<AgentResponse & WithRequestId>();
expectTypeOf(
  responses.retrieve("resp_1", { stream: true, startingAfter: 7 }),
).resolves.toEqualTypeOf<ResponseStream>();
expectTypeOf(responses.inputItems("resp_1")).toExtend<AsyncIterable<ResponseInputItem>>();

// @ts-expect-error Only a stream has a start position.
void responses.retrieve("resp_1", { startingAfter: 7 });

// @ts-expect-error Unknown field.
void responses.create({ ...response, input: [{ role: "robot", content: "Beep." }] });

for await (const event of await responses.create({ ...response, stream: true })) {
  if (event.type === "response.output_text.delta") expectTypeOf(event.delta).toBeString();
  // @ts-expect-error Only some events have a response.
  void event.response;
}

// ── The socket ──────────────────────────────────────────────────────────────

const socket = await client.connect({ scopes: ["operator.read"], onGap: ({ reason }) => void reason });

expectTypeOf(socket.call("agents.list")).resolves.toHaveProperty("agents");
expectTypeOf(socket.call("status", {})).resolves.toHaveProperty("uptimeMs");
expectTypeOf(
  socket.call(
    "agent",
    { message: "hi", idempotencyKey: "1" },
    { onAccepted: ({ acceptedAt }) => acceptedAt },
  ),
).resolves.toEqualTypeOf<RunResult>();

// @ts-expect-error Unknown method.
void socket.call("agents.lst");

// @ts-expect-error The client sends the handshake itself.
void socket.call("connect", {});

// @ts-expect-error The session is required.
void socket.call("chat.history");

// @ts-expect-error Unknown parameter.
void socket.call("chat.history", { sessionKey: "main", limt: 5 });

for await (const event of socket.events("chat")) {
  if (event.state === "delta") expectTypeOf(event.deltaText).toBeString();
  // @ts-expect-error Only some states have a reason.
  void event.stopReason;
}

// @ts-expect-error Unknown event.
socket.events("chats");

const run = socket.run({ message: "hi", sessionKey: "notes", thinking: "low" });
expectTypeOf(run).toExtend<AsyncIterable<AgentEvent>>();
expectTypeOf(run.result).resolves.toEqualTypeOf<RunResult>();

// @ts-expect-error The message is required.
socket.run({ sessionKey: "notes" });

// ── Sessions ────────────────────────────────────────────────────────────────

expectTypeOf(client.sessions.list()).toExtend<AsyncIterable<Session>>();
expectTypeOf((await client.sessions.list()).sessions).toEqualTypeOf<Session[]>();
expectTypeOf((await client.sessions.list()).getNextPage()).resolves.toHaveProperty("nextCursor");
expectTypeOf(client.sessions.history("main")).resolves.toHaveProperty("messages");
