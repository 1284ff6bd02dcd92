/** The error body of Anthropic's API. */
import { z } from "zod";
import { shortText } from "../../limits.ts";

/** Anthropic's error types by HTTP status. The SDKs choose the class of an error by its status. */
const typesByStatus: Readonly<Record<number, string>> = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  408: "timeout_error",
  409: "conflict_error",
  413: "request_too_large",
  429: "rate_limit_error",
  503: "overloaded_error",
  504: "timeout_error",
};

/** Returns Anthropic's error type for a status. */
export const toAnthropicErrorType = (status: number): string =>
  typesByStatus[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");

const ErrorDetails = z
  .object({
    error_code: shortText().describe("The gateway's code for programs, for example `model_not_found`."),
    param: shortText().nullable().describe("Path of the invalid field, for example `messages[2].role`."),
  })
  .meta({ id: "MessagesErrorDetails", description: "The gateway's own fields of an error." });

const MessagesError = z
  .object({
    type: shortText().describe("Anthropic's error type, for example `invalid_request_error`."),
    message: z.string().max(4096).describe("What is wrong, where, and how to fix it. For people."),
    details: ErrorDetails,
  })
  .meta({ id: "MessagesError", description: "An error." });

export const MessagesErrorBody = z
  .object({
    type: z.literal("error").describe("Always `error`."),
    error: MessagesError,
    request_id: shortText().nullable().describe("The same as `request-id`."),
  })
  .meta({ id: "MessagesErrorBody", description: "The body of every error of `/v1/messages`." });
