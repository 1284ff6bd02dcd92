/** Reads a stored response. */
import type { Response } from "../../../contracts/http/responses/response.ts";
import type { StoredResponse } from "../../agent/sessions/responses.ts";

export const isOpen = ({ status }: Pick<StoredResponse, "status">): boolean =>
  status === "queued" || status === "in_progress";

/** Returns the last stored response with the current status. */
export function toResponse(stored: Pick<StoredResponse, "response" | "status">): Response {
  const response = JSON.parse(stored.response) as Response;
  if (stored.status !== "interrupted") return { ...response, status: stored.status };
  const message = "The gateway stopped before the response was complete.";
  return { ...response, status: "failed", error: { code: "server_error", message } };
}
