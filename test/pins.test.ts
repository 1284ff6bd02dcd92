import { expect, test } from "vitest";
import { Config } from "../contracts/config/config.ts";
import { errorTable } from "../contracts/errors.ts";
import { itemPage } from "../contracts/http/responses/input-items.ts";
import { messagePage, sessionPage } from "../contracts/http/sessions.ts";
import { endpoints } from "../contracts/index.ts";
import { frame, keepAliveFrame } from "../contracts/sse.ts";
import type { Endpoint } from "../contracts/endpoint.ts";
import { createStandardHeaders } from "../server/transport/errors.ts";

// Clients, dashboards and scripts rely on these values. A change needs an entry in CHANGELOG.md.

test("the error codes: status, type and retry", () => {
  const table = Object.entries(errorTable).map(
    ([code, { status, type, retry }]) => `${status} ${code} ${type} ${retry ? "retry" : "-"}`,
  );
  expect(table.toSorted()).toEqual([
    "400 context_length_exceeded invalid_request_error -",
    "400 invalid_config invalid_request_error -",
    "400 invalid_json invalid_request_error -",
    "400 invalid_request invalid_request_error -",
    "400 invalid_session_key invalid_request_error -",
    "400 invalid_stream_id invalid_request_error -",
    "400 invalid_type invalid_request_error -",
    "400 invalid_value invalid_request_error -",
    "400 json_too_complex invalid_request_error -",
    "400 missing_required_parameter invalid_request_error -",
    "400 previous_response_not_found invalid_request_error -",
    "400 thread_unsupported_request invalid_request_error -",
    "400 tool_error invalid_request_error -",
    "400 unknown_tool_call_id invalid_request_error -",
    "400 unsupported_value invalid_request_error -",
    "400 upstream_rejected invalid_request_error -",
    "400 websocket_connection_limit_reached invalid_request_error -",
    "401 invalid_api_key authentication_error -",
    "403 config_not_writable permission_error -",
    "403 missing_scope permission_error -",
    "403 origin_not_allowed permission_error -",
    "403 proxy_attribution_required permission_error -",
    "403 trusted_proxy_local_interface_check_failed permission_error -",
    "403 trusted_proxy_local_interface_source permission_error -",
    "403 trusted_proxy_loopback_source permission_error -",
    "403 trusted_proxy_missing_header permission_error -",
    "403 trusted_proxy_untrusted_source permission_error -",
    "403 trusted_proxy_user_missing permission_error -",
    "403 trusted_proxy_user_not_allowed permission_error -",
    "404 conversation_not_found invalid_request_error -",
    "404 endpoint_disabled invalid_request_error -",
    "404 file_not_found invalid_request_error -",
    "404 item_not_found invalid_request_error -",
    "404 key_not_found invalid_request_error -",
    "404 model_not_found invalid_request_error -",
    "404 not_found invalid_request_error -",
    "404 response_not_found invalid_request_error -",
    "404 session_not_found invalid_request_error -",
    "404 tool_denied invalid_request_error -",
    "404 tool_not_found invalid_request_error -",
    "405 method_not_allowed invalid_request_error -",
    "408 request_timeout invalid_request_error -",
    "409 config_changed invalid_request_error -",
    "409 idempotency_in_progress invalid_request_error retry",
    "409 run_aborted invalid_request_error -",
    "409 run_interrupted invalid_request_error -",
    "413 request_too_large invalid_request_error -",
    "415 unsupported_media_type invalid_request_error -",
    "421 host_not_allowed invalid_request_error -",
    "422 idempotency_mismatch invalid_request_error -",
    "426 websocket_disabled invalid_request_error -",
    "429 budget_exceeded insufficient_quota -",
    "429 rate_limit_exceeded rate_limit_error retry",
    "429 session_busy rate_limit_error retry",
    "429 too_many_failed_credentials rate_limit_error retry",
    "429 too_many_requests rate_limit_error retry",
    "429 websocket_stream_limit_reached rate_limit_error retry",
    "431 headers_too_large invalid_request_error -",
    "500 internal_error server_error -",
    "502 upstream_auth server_error -",
    "502 upstream_error server_error retry",
    "502 upstream_protocol server_error retry",
    "502 upstream_unreachable server_error retry",
    "503 issuer_unavailable server_error retry",
    "503 server_overloaded server_error retry",
    "503 shutting_down server_error retry",
    "503 storage_unavailable server_error retry",
    "504 run_timeout server_error -",
    "504 upstream_timeout server_error retry",
  ]);
});

test("the operations", () => {
  const operations = Object.values<Endpoint>(endpoints).map(
    ({ id, method, path, aliases = [], auth, enabledBy = [] }) =>
      [id, method.toUpperCase(), [path, ...aliases].join(","), auth, ...enabledBy].join(" "),
  );
  expect(operations).toEqual([
    "createChatCompletion POST /v1/chat/completions run gateway.http.endpoints.chatCompletions.enabled",
    "createResponse POST /v1/responses run gateway.http.endpoints.responses.enabled",
    "compactResponse POST /v1/responses/compact run gateway.http.endpoints.responses.enabled",
    "countInputTokens POST /v1/responses/input_tokens follow gateway.http.endpoints.responses.enabled",
    "retrieveResponse GET /v1/responses/{response_id} follow gateway.http.endpoints.responses.enabled",
    "deleteResponse DELETE /v1/responses/{response_id} run gateway.http.endpoints.responses.enabled",
    "cancelResponse POST /v1/responses/{response_id}/cancel run gateway.http.endpoints.responses.enabled",
    "listInputItems GET /v1/responses/{response_id}/input_items follow gateway.http.endpoints.responses.enabled",
    "createConversation POST /v1/conversations run gateway.http.endpoints.responses.enabled",
    "retrieveConversation GET /v1/conversations/{conversation_id} follow gateway.http.endpoints.responses.enabled",
    "updateConversation POST /v1/conversations/{conversation_id} run gateway.http.endpoints.responses.enabled",
    "deleteConversation DELETE /v1/conversations/{conversation_id} run gateway.http.endpoints.responses.enabled",
    "createConversationItems POST /v1/conversations/{conversation_id}/items run gateway.http.endpoints.responses.enabled",
    "listConversationItems GET /v1/conversations/{conversation_id}/items follow gateway.http.endpoints.responses.enabled",
    "retrieveConversationItem GET /v1/conversations/{conversation_id}/items/{item_id} follow gateway.http.endpoints.responses.enabled",
    "deleteConversationItem DELETE /v1/conversations/{conversation_id}/items/{item_id} run gateway.http.endpoints.responses.enabled",
    "createFile POST /v1/files run gateway.http.endpoints.files.enabled",
    "listFiles GET /v1/files follow gateway.http.endpoints.files.enabled",
    "retrieveFile GET /v1/files/{file_id} follow gateway.http.endpoints.files.enabled",
    "retrieveFileContent GET /v1/files/{file_id}/content follow gateway.http.endpoints.files.enabled",
    "deleteFile DELETE /v1/files/{file_id} run gateway.http.endpoints.files.enabled",
    "createMessage POST /v1/messages run gateway.http.endpoints.messages.enabled",
    "countMessageTokens POST /v1/messages/count_tokens follow gateway.http.endpoints.messages.enabled",
    "probeConnection HEAD /api/hello public gateway.http.endpoints.messages.enabled",
    "probeRoot HEAD / public gateway.http.endpoints.messages.enabled",
    "createEmbedding POST /v1/embeddings run gateway.http.endpoints.embeddings.enabled",
    "listModels GET /v1/models follow gateway.http.endpoints.chatCompletions.enabled gateway.http.endpoints.responses.enabled gateway.http.endpoints.messages.enabled",
    "retrieveModel GET /v1/models/{model} follow gateway.http.endpoints.chatCompletions.enabled gateway.http.endpoints.responses.enabled gateway.http.endpoints.messages.enabled",
    "invokeTool POST /tools/invoke tools",
    "sendMcpMessage POST /mcp run gateway.http.endpoints.mcp.enabled",
    "runHook POST /hooks/agent run hooks.enabled",
    "wakeSession POST /hooks/wake write hooks.enabled",
    "listSessions GET /sessions read",
    "getSessionHistory GET /sessions/{key}/history read",
    "resetSession POST /sessions/{key}/reset write",
    "abortSession POST /sessions/{key}/abort,/sessions/{key}/kill run",
    "deleteSession DELETE /sessions/{key} write",
    "getUsage GET /usage follow",
    "getAudit GET /audit admin",
    "verifyAudit GET /audit/verify admin",
    "getHealth GET /healthz,/health public",
    "getReadiness GET /readyz,/ready optional",
    "getStartup GET /startupz,/startup public",
    "getMetrics GET /metrics,/api/diagnostics/prometheus metrics gateway.http.metrics.enabled",
    "getOpenapiYaml GET /openapi.yaml public gateway.http.docs.enabled",
    "getOpenapiJson GET /openapi.json public gateway.http.docs.enabled",
    "getAsyncapiYaml GET /asyncapi.yaml public gateway.http.docs.enabled",
    "getDocs GET /docs public gateway.http.docs.enabled",
    "getSocketDocs GET /docs/socket public gateway.http.docs.enabled",
    "getPage GET / public gateway.controlUi.enabled",
  ]);
});

test("the error codes and headers of each operation, besides the common ones", () => {
  const provider =
    "upstream_rejected rate_limit_exceeded upstream_unreachable upstream_auth upstream_error upstream_protocol upstream_timeout";
  const run = `invalid_session_key context_length_exceeded model_not_found session_not_found session_busy budget_exceeded ${provider} run_timeout run_aborted storage_unavailable`;
  const rates = ["limit", "remaining", "reset"]
    .flatMap((what) => [`x-ratelimit-${what}-requests`, `x-ratelimit-${what}-tokens`])
    .join(" ");
  const anthropicRates = ["requests", "tokens"]
    .flatMap((unit) => ["limit", "remaining", "reset"].map((what) => `anthropic-ratelimit-${unit}-${what}`))
    .join(" ");
  const runHeaders = "x-openclaw-agent-id x-openclaw-session-key idempotency-replayed";
  const lines = Object.values<Endpoint>(endpoints).map(
    ({ id, responses, errors, eventErrors = [], replyHeaders }) =>
      [
        `${id} ${Object.keys(responses).join(",")}`,
        [...errors, ...(eventErrors.length > 0 ? ["· events:", ...eventErrors] : [])].join(" "),
        Object.keys(replyHeaders?.shape ?? {}).join(" "),
      ].join(" | "),
  );
  const documentHeaders = "200,304 |  | etag cache-control vary content-encoding";
  expect(lines).toEqual([
    `createChatCompletion 200 | idempotency_mismatch idempotency_in_progress unsupported_value unknown_tool_call_id file_not_found ${run} | ${runHeaders} ${rates}`,
    `createResponse 200 | idempotency_mismatch idempotency_in_progress unsupported_value previous_response_not_found conversation_not_found unknown_tool_call_id file_not_found ${run} | ${runHeaders} ${rates}`,
    `compactResponse 200 | unsupported_value previous_response_not_found unknown_tool_call_id file_not_found context_length_exceeded model_not_found run_timeout run_aborted budget_exceeded storage_unavailable ${provider} | ${rates}`,
    `countInputTokens 200 | unsupported_value previous_response_not_found conversation_not_found invalid_session_key unknown_tool_call_id file_not_found model_not_found run_aborted storage_unavailable | x-openclaw-token-count ${rates}`,
    `retrieveResponse 200 | response_not_found storage_unavailable · events: ${run} | `,
    "deleteResponse 200 | response_not_found storage_unavailable | ",
    "cancelResponse 200 | response_not_found storage_unavailable | ",
    "listInputItems 200 | response_not_found storage_unavailable | ",
    "createConversation 200 | unsupported_value file_not_found run_aborted storage_unavailable | ",
    "retrieveConversation 200 | conversation_not_found storage_unavailable | ",
    "updateConversation 200 | conversation_not_found storage_unavailable | ",
    "deleteConversation 200 | conversation_not_found storage_unavailable | ",
    "createConversationItems 200 | unsupported_value file_not_found conversation_not_found session_busy run_aborted storage_unavailable | ",
    "listConversationItems 200 | conversation_not_found storage_unavailable | ",
    "retrieveConversationItem 200 | conversation_not_found item_not_found storage_unavailable | ",
    "deleteConversationItem 200 | conversation_not_found item_not_found session_busy run_aborted storage_unavailable | ",
    "createFile 200 | storage_unavailable | ",
    "listFiles 200 | storage_unavailable | ",
    "retrieveFile 200 | file_not_found storage_unavailable | ",
    "retrieveFileContent 200 | file_not_found storage_unavailable | content-disposition",
    "deleteFile 200 | file_not_found storage_unavailable | ",
    `createMessage 200 | idempotency_mismatch idempotency_in_progress unsupported_value thread_unsupported_request unknown_tool_call_id file_not_found ${run} | ${runHeaders} ${anthropicRates}`,
    `countMessageTokens 200 | unsupported_value thread_unsupported_request unknown_tool_call_id file_not_found model_not_found run_aborted storage_unavailable | x-openclaw-token-count ${anthropicRates}`,
    "probeConnection 200 |  | ",
    "probeRoot 200 |  | ",
    `createEmbedding 200 | unsupported_value context_length_exceeded model_not_found run_aborted budget_exceeded storage_unavailable ${provider} | x-openclaw-agent-id ${rates}`,
    "listModels 200 |  | request-id x-should-retry",
    "retrieveModel 200 | model_not_found | request-id x-should-retry",
    `invokeTool 200 | idempotency_mismatch idempotency_in_progress invalid_session_key model_not_found tool_not_found tool_denied tool_error run_timeout run_aborted storage_unavailable | ${runHeaders} ${rates}`,
    `sendMcpMessage 200,202 | model_not_found | mcp-session-id ${rates}`,
    `runHook 200 | idempotency_mismatch idempotency_in_progress invalid_session_key model_not_found unsupported_value storage_unavailable | ${runHeaders} ${rates}`,
    "wakeSession 200 | model_not_found unsupported_value storage_unavailable | ",
    "listSessions 200 | storage_unavailable | ",
    "getSessionHistory 200 | session_not_found storage_unavailable | ",
    "resetSession 200 | session_not_found storage_unavailable | ",
    "abortSession 200 | session_not_found storage_unavailable | ",
    "deleteSession 200 | session_not_found storage_unavailable | ",
    "getUsage 200 | storage_unavailable | ",
    "getAudit 200 | storage_unavailable | ",
    "verifyAudit 200 | storage_unavailable | ",
    "getHealth 200 |  | cache-control",
    "getReadiness 200,503 |  | cache-control",
    "getStartup 200 |  | cache-control",
    "getMetrics 200 |  | cache-control vary",
    `getOpenapiYaml ${documentHeaders}`,
    `getOpenapiJson ${documentHeaders}`,
    `getAsyncapiYaml ${documentHeaders}`,
    `getDocs ${documentHeaders} content-security-policy`,
    `getSocketDocs ${documentHeaders} content-security-policy`,
    `getPage ${documentHeaders} content-security-policy`,
  ]);
});

test("the framing of events", () => {
  expect(frame('{"a":1}')).toBe('data: {"a":1}\n\n');
  expect(frame('{"a":1}', "made")).toBe('event: made\ndata: {"a":1}\n\n');
  expect(keepAliveFrame).toBe(": keepalive\n\n");
  expect(endpoints.createChatCompletion.sentinel).toBe("[DONE]");
});

test("the headers of every response", () => {
  expect(createStandardHeaders("req_1")).toEqual({
    "x-request-id": "req_1",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
});

test("the defaults: closed to the network, endpoints off, docs on", () => {
  const { gateway, agents, logging } = Config.parse({});
  expect([gateway.port, gateway.bind, gateway.auth.mode]).toEqual([18_789, "loopback", undefined]);
  expect(gateway.auth.rateLimit).toEqual({
    maxAttempts: 10,
    windowMs: 60_000,
    lockoutMs: 60_000,
    exemptLoopback: false,
  });
  const attachments = (allowUrl: boolean): object => ({
    maxImageParts: 8,
    maxFileParts: 8,
    maxTotalImageBytes: 14_000_000,
    images: { allowUrl, urlAllowlist: [], maxRedirects: 3, timeoutMs: 10_000, maxBytes: 10_000_000 },
    files: {
      allowUrl,
      urlAllowlist: [],
      maxRedirects: 3,
      timeoutMs: 10_000,
      maxBytes: 5_000_000,
      maxChars: 200_000,
      pdf: { maxPages: 4, maxPixels: 4_000_000, minTextChars: 200 },
    },
  });
  expect(gateway.http).toEqual({
    endpoints: {
      chatCompletions: { enabled: false, maxBodyBytes: 20_000_000, ...attachments(false) },
      responses: {
        enabled: false,
        maxBodyBytes: 20_000_000,
        ttl: "30d",
        maxUrlParts: 8,
        ...attachments(true),
      },
      messages: {
        enabled: false,
        maxBodyBytes: 20_000_000,
        maxUrlParts: 8,
        ...attachments(true),
        maxImageParts: 100,
        maxFileParts: 100,
      },
      embeddings: { enabled: false, maxBodyBytes: 5_000_000 },
      mcp: { enabled: false, tools: false, maxBodyBytes: 2_000_000 },
      files: { maxBytes: 32_000_000, totalBytes: 1_000_000_000, expiresAfter: "30d" },
    },
    cors: { allowedOrigins: [] },
    allowedHosts: [],
    docs: { enabled: true },
    metrics: { enabled: false },
    securityHeaders: {},
    modelAliases: {},
    unknownModel: "default",
    modelList: "colon",
    showToolsAsThinking: false,
    userSession: "on",
    onDisconnect: "abort",
  });
  expect([agents.defaults.model, agents.defaults.timeoutSeconds]).toEqual(["builtin/assistant", 600]);
  const { tools } = Config.parse({});
  expect(gateway.tools).toEqual({ maxBodyBytes: 2_000_000, allow: [], deny: [] });
  expect([tools.profile, tools.exec.sandbox, tools.exec.timeoutSeconds, tools.exec.maxOutputBytes]).toEqual([
    "coding",
    "off",
    120,
    1_048_576,
  ]);
  expect([tools.fs.workspaceOnly, tools.sessions.visibility, tools.mcpServers]).toEqual([true, "agent", {}]);
  expect(logging).toEqual({
    level: "info",
    format: "json",
    maxFileBytes: 104_857_600,
    maxFiles: 10,
    retention: "30d",
  });
});

test("the sizes of pages", () => {
  expect({ sessionPage, messagePage, itemPage }).toEqual({
    sessionPage: { max: 200, default: 50 },
    messagePage: { max: 1_000, default: 100 },
    itemPage: { max: 100, default: 20 },
  });
});

test("the limits", () => {
  expect(Config.parse({}).gateway.limits).toEqual({
    headerTimeoutMs: 10_000,
    bodyTimeoutMs: 30_000,
    slowClientCheckMs: 1_000,
    maxHeaderBytes: 16_384,
    maxHeaders: 100,
    maxJsonDepth: 64,
    maxJsonNodes: 50_000,
    maxConcurrentRuns: 32,
    maxWaitingRuns: 64,
    maxWaitMs: 30_000,
    maxWaitingPerSession: 16,
    maxBodyBytesInFlight: 64_000_000,
    maxUnreadBytes: 1_048_576,
    slowReaderMs: 30_000,
    maxAnswerBytes: 8_388_608,
    maxCallArgumentBytes: 1_048_576,
    maxCallsPerStep: 128,
    drainMs: 25_000,
    drainDelayMs: 0,
  });
});
