/** Maps errors to the body of Anthropic's API. */
import type { z } from "zod";
import { errorTable } from "../../contracts/errors.ts";
import { toAnthropicErrorType, type MessagesErrorBody } from "../../contracts/http/messages/error.ts";
import type { GatewayError } from "../lib/errors.ts";

export function toAnthropicErrorBody(
  error: GatewayError,
  requestId: string,
): z.infer<typeof MessagesErrorBody> {
  const { code, param } = error;
  return {
    type: "error",
    error: {
      type: toAnthropicErrorType(errorTable[code].status),
      message: formatMessage(error),
      details: { error_code: code, param },
    },
    request_id: requestId,
  };
}

/** Claude Code shortens a conversation by itself when an error has Anthropic's words for a prompt that is too long. */
function formatMessage({ code, message }: GatewayError): string {
  const isUnderstood = code !== "context_length_exceeded" || /prompt is too long/i.test(message);
  return isUnderstood ? message : `prompt is too long: ${message}`;
}
