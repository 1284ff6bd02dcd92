/** Error codes that several contracts share: those of providers and those of runs. */
import type { OwnErrorCode } from "./errors.ts";

/** The errors of operations that call a model provider. */
export const providerErrors = [
  "upstream_rejected",
  "rate_limit_exceeded",
  "upstream_unreachable",
  "upstream_auth",
  "upstream_error",
  "upstream_protocol",
  "upstream_timeout",
] as const satisfies readonly OwnErrorCode[];

/** The errors of operations that start a run, over HTTP or WebSocket. */
export const runErrors = [
  "invalid_session_key",
  "context_length_exceeded",
  "model_not_found",
  "session_not_found",
  "session_busy",
  "budget_exceeded",
  ...providerErrors,
  "run_timeout",
  "run_aborted",
  "storage_unavailable",
] as const satisfies readonly OwnErrorCode[];
