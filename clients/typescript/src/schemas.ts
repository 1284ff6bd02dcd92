/** Names for the schemas of the API. The types are generated from the contract. */
import type { components } from "./generated/openapi.ts";

type Schemas = components["schemas"];

export type ChatCompletionRequest = Schemas["ChatCompletionRequest"];
export type ChatCompletion = Schemas["ChatCompletion"];
export type ChatCompletionChunk = Schemas["ChatCompletionChunk"];
/** The `ResponseResource` schema: `Response` is a global type of fetch. */
export type AgentResponse = Schemas["ResponseResource"];
export type ResponseRequest = Schemas["ResponseRequest"];
export type ResponseEvent = Schemas["ResponseEvent"];
export type ResponseInputItems = Schemas["ResponseInputItems"];
export type ResponseInputItem = ResponseInputItems["data"][number];
export type ResponseDeleted = Schemas["ResponseDeleted"];
export type ResponseCompactRequest = Schemas["ResponseCompactRequest"];
export type ResponseCompacted = Schemas["ResponseCompacted"];
export type ResponseInputTokensRequest = Schemas["ResponseInputTokensRequest"];
export type ResponseInputTokens = Schemas["ResponseInputTokens"];
export type MessagesRequest = Schemas["MessagesRequest"];
export type Message = Schemas["MessagesMessage"];
export type MessageTokensRequest = Schemas["MessagesCountRequest"];
export type MessageTokens = Schemas["MessagesTokenCount"];
export type MessageEvent = Schemas["MessagesEvent"];
export type EmbeddingRequest = Schemas["EmbeddingRequest"];
export type EmbeddingList = Schemas["EmbeddingList"];
export type Model = Schemas["Model"];
export type ModelList = Schemas["ModelList"];
export type InvokeToolRequest = Schemas["InvokeToolRequest"];
export type ToolInvocation = Schemas["ToolInvocation"];
export type SessionList = Schemas["SessionList"];
export type Session = Schemas["Session"];
export type SessionHistory = Schemas["SessionHistory"];
export type SessionMessage = Schemas["SessionMessage"];
export type SessionEvent = Schemas["SessionEvent"];
export type SessionReset = Schemas["SessionReset"];
export type SessionAbort = Schemas["SessionAbort"];
export type SessionDeleted = Schemas["SessionDeleted"];
export type AuditPage = Schemas["AuditPage"];
export type AuditVerification = Schemas["AuditVerification"];
export type UsageReport = Schemas["UsageReport"];
export type Health = Schemas["Health"];
export type Readiness = Schemas["Readiness"];
export type ErrorBody = Schemas["ErrorBody"];
export type MessagesErrorBody = Schemas["MessagesErrorBody"];
