/** The TypeScript client of openclaw-gateway: all public exports. */
export { createClient } from "./client.ts";
export type { ClientOptions, GatewayClient } from "./client.ts";
export type { AgentOptions, RunRequestOptions, CallOptions } from "./call-options.ts";
export type { ChatCompletions } from "./chat.ts";
export type { ChatCompletionStream } from "./chat-stream.ts";
export type { InputItemsOptions, Responses, RetrieveOptions } from "./responses.ts";
export type { ResponseStream } from "./response-stream.ts";
export type { ReplyStream } from "./reply-stream.ts";
export { outputText } from "./response-stream.ts";
export type { HistoryOptions, ListSessionsOptions, Sessions } from "./sessions.ts";
export type { FollowOptions } from "./session-feed.ts";
export { GatewayRequestError, isGatewayError } from "./errors.ts";
export type { ClientErrorCode } from "./errors.ts";
export type {
  AgentResponse,
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionRequest,
  EmbeddingList,
  EmbeddingRequest,
  Health,
  InvokeToolRequest,
  Model,
  ModelList,
  Readiness,
  ResponseCompacted,
  ResponseCompactRequest,
  ResponseDeleted,
  ResponseEvent,
  ResponseInputItem,
  ResponseInputTokens,
  ResponseInputTokensRequest,
  ResponseRequest,
  Session,
  SessionAbort,
  SessionDeleted,
  SessionEvent,
  SessionHistory,
  SessionMessage,
  SessionReset,
  ToolInvocation,
} from "./schemas.ts";
export type {
  ConnectOptions,
  EventGap,
  EventOptions,
  GatewaySocket,
  SocketCallOptions,
} from "./socket/gateway-socket.ts";
export type { RunOptions, RunParams, SocketRun } from "./socket/run.ts";
export type { WebSocketConstructor, WebSocketLike } from "./socket/connection.ts";
export type { AgentEvent, HelloOk, RunResult } from "./socket/types.ts";
export type { components, operations, paths } from "./generated/openapi.ts";
export type { SocketEvents, SocketMethods } from "./generated/socket.ts";
