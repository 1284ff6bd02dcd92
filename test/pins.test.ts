import { expect, test } from "vitest";
import { Config } from "../contracts/config/config.ts";
import { errorTable } from "../contracts/errors.ts";
import { endpoints } from "../contracts/index.ts";
import { frame, keepAliveFrame } from "../contracts/sse.ts";
import type { Endpoint } from "../contracts/endpoint.ts";
import { standardHeaders } from "../server/http/standard-headers.ts";

// What clients, dashboards and scripts rely on. A change here breaks somebody: it needs a line in the change log.

test("the error codes: status, type, whether to try again", () => {
  const table = Object.entries(errorTable).map(
    ([code, { status, type, retry }]) => `${status} ${code} ${type} ${retry ? "retry" : "-"}`,
  );
  expect(table.toSorted()).toEqual([
    "400 context_length_exceeded invalid_request_error -",
    "400 invalid_json invalid_request_error -",
    "400 invalid_request invalid_request_error -",
    "400 invalid_session_key invalid_request_error -",
    "400 invalid_type invalid_request_error -",
    "400 invalid_value invalid_request_error -",
    "400 json_too_complex invalid_request_error -",
    "400 missing_required_parameter invalid_request_error -",
    "400 unknown_tool_call_id invalid_request_error -",
    "400 unsupported_value invalid_request_error -",
    "400 upstream_rejected invalid_request_error -",
    "401 invalid_api_key authentication_error -",
    "403 origin_not_allowed permission_error -",
    "404 endpoint_disabled invalid_request_error -",
    "404 model_not_found invalid_request_error -",
    "404 not_found invalid_request_error -",
    "404 session_not_found invalid_request_error -",
    "405 method_not_allowed invalid_request_error -",
    "408 request_timeout invalid_request_error -",
    "409 run_aborted invalid_request_error -",
    "413 request_too_large invalid_request_error -",
    "415 unsupported_media_type invalid_request_error -",
    "421 host_not_allowed invalid_request_error -",
    "429 rate_limit_exceeded rate_limit_error retry",
    "429 session_busy rate_limit_error retry",
    "429 too_many_failed_credentials rate_limit_error retry",
    "431 headers_too_large invalid_request_error -",
    "500 internal_error server_error -",
    "502 upstream_auth server_error -",
    "502 upstream_error server_error retry",
    "502 upstream_protocol server_error retry",
    "502 upstream_unreachable server_error retry",
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
    "listModels GET /v1/models read gateway.http.endpoints.chatCompletions.enabled",
    "retrieveModel GET /v1/models/{model} read gateway.http.endpoints.chatCompletions.enabled",
    "getHealth GET /healthz,/health public",
    "getReadiness GET /readyz,/ready public",
    "getOpenapiYaml GET /openapi.yaml public gateway.http.docs.enabled",
    "getOpenapiJson GET /openapi.json public gateway.http.docs.enabled",
    "getDocs GET /docs public gateway.http.docs.enabled",
  ]);
});

test("the framing of events", () => {
  expect(frame('{"a":1}')).toBe('data: {"a":1}\n\n');
  expect(frame('{"a":1}', "made")).toBe('event: made\ndata: {"a":1}\n\n');
  expect(keepAliveFrame).toBe(": keepalive\n\n");
  expect(endpoints.createChatCompletion.sentinel).toBe("[DONE]");
});

test("the headers of every response", () => {
  expect(standardHeaders("req_1")).toEqual([
    ["x-request-id", "req_1"],
    ["x-content-type-options", "nosniff"],
    ["referrer-policy", "no-referrer"],
  ]);
});

test("the defaults: closed to the network, endpoints off, docs on", () => {
  const { gateway, agents, logging } = Config.parse({});
  expect([gateway.port, gateway.bind, gateway.auth.mode]).toEqual([18_789, "loopback", undefined]);
  expect(gateway.auth.rateLimit).toEqual({ maxAttempts: 10, windowMs: 60_000, lockoutMs: 60_000 });
  expect(gateway.http).toEqual({
    endpoints: {
      chatCompletions: {
        enabled: false,
        maxBodyBytes: 20_000_000,
        maxImageParts: 8,
        maxTotalImageBytes: 14_000_000,
        images: { maxBytes: 10_000_000 },
      },
    },
    cors: { allowedOrigins: [] },
    allowedHosts: [],
    docs: { enabled: true },
    modelAliases: {},
    unknownModel: "default",
    userSession: "on",
    onDisconnect: "abort",
  });
  expect([agents.defaults.model, agents.defaults.timeoutSeconds]).toEqual(["builtin/assistant", 600]);
  expect(logging).toEqual({ level: "info", format: "json" });
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
    maxUnreadBytes: 1_048_576,
    slowReaderMs: 30_000,
    drainMs: 25_000,
  });
});
