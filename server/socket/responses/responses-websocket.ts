/** The WebSocket on /v1/responses: checks each upgrade, and serves the connections. */
import { createResponse } from "../../../contracts/http/responses/endpoint.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { Authenticate } from "../../auth/authenticate.ts";
import { requirePermission } from "../../auth/credential.ts";
import { createDisabledError } from "../../transport/errors.ts";
import { parseSchema } from "../../lib/validation-error.ts";
import { createWebSocketListener } from "../websocket-server.ts";
import type { UpgradeHandler } from "../upgrade.ts";
import { serveConnection, type ConnectionDeps } from "./connection.ts";

interface ResponsesWebSocketDeps extends ConnectionDeps {
  readonly enabled: boolean;
  readonly authenticate: Authenticate;
  readonly maxRequestBytes: number;
}

export interface ResponsesWebSocket {
  readonly upgrade: UpgradeHandler;
  /** Returns the number of open connections. */
  readonly count: () => number;
  /** Closes every connection, and terminates those that are still open after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export function createResponsesWebSocket(deps: ResponsesWebSocketDeps): ResponsesWebSocket {
  const { limits, maxRequestBytes, bodyBudget, newId } = deps;
  const acceptor = createWebSocketListener({
    maxPayload: maxRequestBytes,
    heartbeatMs: limits.heartbeatMs,
    bodyBudget,
    newId,
  });
  return {
    async upgrade(request, socket, head) {
      const { enabledBy, headers: schema, auth } = createResponse;
      if (!deps.enabled) throw createNoWebSocketError(enabledBy);
      const credential = await deps.authenticate({ request, route: "GET /v1/responses (upgrade)" });
      requirePermission(credential, auth);
      const headers = parseSchema(schema, request.headers, "headers");
      if (headers["idempotency-key"] !== undefined) throw createIdempotencyKeyError();
      acceptor.upgrade(request, socket, head, (ws) =>
        serveConnection(ws, socket, { headers, requestHeaders: request.headers, credential }, deps),
      );
    },
    count: acceptor.count,
    close: (graceMs) => acceptor.close(graceMs),
  };
}

/** Codex takes 426 as the sign to send its requests over HTTP. */
function createNoWebSocketError(enabledBy: typeof createResponse.enabledBy): GatewayError {
  return new GatewayError("websocket_disabled", createDisabledError(enabledBy).message);
}

function createIdempotencyKeyError(): GatewayError {
  const param = "idempotency-key";
  const message = `${param}: a key stands for one request, and a WebSocket carries many; send the request with POST.`;
  return new GatewayError("invalid_value", message, { param });
}
