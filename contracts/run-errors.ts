/** Codes that several contracts share: what a provider may do, and what a run may come to. */
import type { OwnErrorCode } from "./errors.ts";

/** Whoever asks a model provider may be told these. */
export const providerErrors = [
  "upstream_rejected",
  "rate_limit_exceeded",
  "upstream_unreachable",
  "upstream_auth",
  "upstream_error",
  "upstream_protocol",
  "upstream_timeout",
] as const satisfies readonly OwnErrorCode[];

/** Whoever begins a run, whichever door it comes through. */
export const runErrors = [
  "invalid_session_key",
  "context_length_exceeded",
  "model_not_found",
  "session_not_found",
  "session_busy",
  ...providerErrors,
  "run_timeout",
  "run_aborted",
  "storage_unavailable",
] as const satisfies readonly OwnErrorCode[];
