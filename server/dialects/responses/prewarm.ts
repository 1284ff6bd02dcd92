/** Requests that only bring input: their response has no output, and a later request continues it. */
import type { ResponseRequest } from "../../../contracts/http/responses/request.ts";
import type { RunAgent } from "../../agent/types.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { ResolvedRequest } from "./resolve-request.ts";

export function isPrewarm({
  generate,
  prompt_cache_options: options,
}: Pick<ResponseRequest, "generate" | "prompt_cache_options">): boolean {
  return generate === false || options?.["prewarm"] === true;
}

/** Throws `unsupported_value` where there is no connection that the input could be kept for. */
export function rejectPrewarm(body: Parameters<typeof isPrewarm>[0]): void {
  if (!isPrewarm(body)) return;
  const param = body.generate === false ? "generate" : "prompt_cache_options.prewarm";
  throw new GatewayError(
    "unsupported_value",
    `${param}: only the WebSocket on /v1/responses takes input without an answer; leave it out`,
    { param },
  );
}

/** Returns the request outside any session: its input belongs to its response only. */
export function leaveSession(resolved: ResolvedRequest): ResolvedRequest {
  if (resolved.conversation !== undefined) {
    const param = "conversation";
    const reason =
      "it gets its items from complete responses; add them with POST /v1/conversations/{id}/items";
    throw new GatewayError("invalid_value", `${param}: ${reason}`, { param });
  }
  if (resolved.history.sessionKey !== undefined) {
    const param = "previous_response_id";
    throw new GatewayError(
      "invalid_value",
      `${param}: the response belongs to a session, which keeps answered input only; send the input with the next request`,
      { param },
    );
  }
  return { ...resolved, route: { ...resolved.route, sessionKey: undefined } };
}

/** Asks no model. */
export const runNothing: RunAgent = (_run, sink) => {
  sink.emit({ type: "start" });
  const usage = { input: 0, output: 0, cached: 0, cacheWrite: 0, reasoning: 0 };
  sink.emit({ type: "end", reason: "stop", usage });
  return Promise.resolve();
};
