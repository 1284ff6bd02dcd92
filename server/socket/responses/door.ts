/** The WebSocket on /v1/responses: who may open it, and what every connection is served with. */
import type { IncomingMessage } from "node:http";
import { createResponse } from "../../../contracts/http/responses/endpoint.ts";
import { GatewayError } from "../../errors.ts";
import type { ClientAddress } from "../../gate/client-address.ts";
import type { Credential, Gate } from "../../gate/credentials.ts";
import { requireRight } from "../../gate/require-right.ts";
import { switchedOff } from "../../http/checks.ts";
import { parseWith } from "../../http/schema.ts";
import { createAcceptor } from "../acceptor.ts";
import type { UpgradeHandler } from "../upgrade.ts";
import { serveResponses, type ServeResponsesParts } from "./serve.ts";

interface DoorParts extends ServeResponsesParts {
  readonly enabled: boolean;
  readonly gate: Gate;
  readonly clientAddress: ClientAddress;
  readonly maxRequestBytes: number;
}

export interface ResponsesSocket {
  readonly upgrade: UpgradeHandler;
  /** Closes every connection; those that do not close in time are cut. */
  close(graceMs: number): Promise<void>;
}

export function createResponsesSocket(parts: DoorParts): ResponsesSocket {
  const { limits, maxRequestBytes, newId } = parts;
  const acceptor = createAcceptor({ maxPayload: maxRequestBytes, beatMs: limits.beatMs, newId });
  return {
    upgrade(request, socket, head) {
      const { enabledBy, headers: schema, auth } = createResponse;
      if (!parts.enabled) throw switchedOff(enabledBy);
      const credential = admit(request, parts);
      requireRight(credential, auth);
      const headers = parseWith(schema, request.headers, "headers");
      if (headers["idempotency-key"] !== undefined) throw keyedSocket();
      acceptor.take(request, socket, head, (ws) =>
        serveResponses(ws, socket, { headers, credential }, parts),
      );
    },
    close: (graceMs) => acceptor.close(graceMs),
  };
}

function admit(request: IncomingMessage, { gate, clientAddress }: DoorParts): Credential {
  const address = (): string => clientAddress(request.socket.remoteAddress, request.headers);
  return gate(request.headers.authorization, address);
}

function keyedSocket(): GatewayError {
  const param = "idempotency-key";
  const message = `${param}: a key stands for one request, and a WebSocket carries many; send the request with POST.`;
  return new GatewayError("invalid_value", message, { param });
}
