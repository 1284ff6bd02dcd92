/** The TypeScript client of openclaw-gateway: all public exports. */
export { createClient } from "./client.ts";
export type { AuditLog, AuditOptions, GatewayClient, UsageOptions } from "./client.ts";
export type {
  AttemptInfo,
  ClientOptions,
  Hooks,
  RequestInfo,
  ResponseInfo,
  RetryInfo,
} from "./client-options.ts";
export type { ApiPromise, ResultWithResponse, WithRequestId } from "./api-promise.ts";
export type { AgentOptions, RunRequestOptions, CallOptions } from "./call-options.ts";
export type { Page, PageMethods, PagePromise } from "./pages.ts";
export type { Chat, ChatCompletions, ParsedChatCompletion } from "./chat.ts";
export type { ChatCompletionStream } from "./chat-stream.ts";
export type { InputItemsOptions, ParsedResponse, Responses, RetrieveOptions } from "./responses.ts";
export type { ResponseStream } from "./response-stream.ts";
export type { ReplyStream } from "./reply-stream.ts";
export type { Conversations, Items } from "./conversations.ts";
export type { Files, FileUpload, ListFilesOptions } from "./files.ts";
export { outputText } from "./response-stream.ts";
export { responseFormat, textFormat } from "./structured-output.ts";
export type { FormatOptions, OutputFormat, StandardSchema } from "./structured-output.ts";
export type { Embeddings } from "./embeddings.ts";
export type { Messages } from "./messages.ts";
export type { MessageStream } from "./message-stream.ts";
export type { Models } from "./models.ts";
export type { Tools } from "./tools.ts";
export type { HistoryOptions, ListSessionsOptions, Sessions } from "./sessions.ts";
export type { FollowOptions } from "./session-feed.ts";
export { GatewayRequestError, isGatewayError } from "./errors.ts";
export type {
  ClientErrorCode,
  ErrorCode,
  GatewayErrorCode,
  OperationErrorCode,
  OperationErrorCodes,
} from "./errors.ts";
export type {
  AgentResponse,
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionRequest,
  Conversation,
  ConversationCreateRequest,
  ConversationDeleted,
  ConversationItem,
  ConversationItems,
  ConversationItemsRequest,
  ConversationUpdateRequest,
  FileDeleted,
  FileList,
  FileObject,
  FilePurpose,
  EmbeddingList,
  EmbeddingRequest,
  Health,
  InvokeToolRequest,
  Message,
  MessageEvent,
  MessageTokens,
  MessageTokensRequest,
  MessagesRequest,
  Model,
  ModelList,
  Readiness,
  AuditPage,
  AuditVerification,
  UsageReport,
  ResponseCompacted,
  ResponseCompactRequest,
  ResponseDeleted,
  ResponseEvent,
  ResponseInputItem,
  ResponseInputItems,
  ResponseInputTokens,
  ResponseInputTokensRequest,
  ResponseRequest,
  Session,
  SessionAbort,
  SessionDeleted,
  SessionEvent,
  SessionHistory,
  SessionList,
  SessionMessage,
  SessionReset,
  ToolInvocation,
} from "./schemas.ts";
export type * from "./socket.ts";
export type { components, operations, paths } from "./generated/openapi.ts";
