/** The client of openclaw-gateway: everything that the package offers. */
export { createClient } from "./client.ts";
export type { CallOptions, ChatOptions, ClientOptions, GatewayClient } from "./client.ts";
export type { ChatCompletionStream } from "./chat-stream.ts";
export { GatewayRequestError, isGatewayError } from "./errors.ts";
export type { ClientErrorCode } from "./errors.ts";
export type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionRequest,
  Health,
  Model,
  ModelList,
  Readiness,
} from "./schemas.ts";
export type { components, operations, paths } from "./generated/openapi.ts";
