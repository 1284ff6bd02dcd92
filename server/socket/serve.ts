/** One connection: challenge, connect, hello; then calls until it ends. */
import type { IncomingMessage } from "node:http";
import type { RawData, WebSocket } from "ws";
import type { Log, NewId } from "../agent/types.ts";
import { GatewayError, toGatewayError } from "../errors.ts";
import type { Credential } from "../gate/credentials.ts";
import type { JsonLimits } from "../json-limits.ts";
import type { Dispatch } from "./dispatch.ts";
import { readFrame, type Request } from "./frame.ts";
import { readConnect, type Admitted, type HandshakeParts } from "./handshake.ts";
import { hello, type HelloParts } from "./hello.ts";
import type { Connection, Hub } from "./hub.ts";
import type { Link } from "./link.ts";
import { rawText } from "./raw-text.ts";
import { createSubscriptions } from "./subscriptions.ts";
import { toWireError } from "./wire-error.ts";

/** Where a connection stands: `connecting` is between its `connect` and hello. */
type Stage = "new" | "connecting" | Connection;

export interface ServeParts extends HandshakeParts, HelloParts {
  readonly hub: Hub;
  readonly dispatch: Dispatch;
  readonly json: JsonLimits;
  readonly newId: NewId;
  readonly log: Log;
}

/** `connected` is called when the connection has said who it is. */
export function serve(
  ws: WebSocket,
  link: Link,
  request: IncomingMessage,
  parts: ServeParts,
  connected: () => void,
): void {
  const { limits, dispatch, newId, clock, log } = parts;
  const connId = newId("conn_");
  let stage: Stage = "new";
  let calls = 0;

  const late = setTimeout(
    () => link.close(1008, `connect did not come within ${limits.handshakeMs} ms`),
    limits.handshakeMs,
  );
  ws.once("close", (code) => {
    clearTimeout(late);
    log.debug("socket closed", { connId, code });
  });

  const begin = async (frame: Request): Promise<void> => {
    stage = "connecting";
    const read = readConnect(frame.params, request, parts);
    if ("error" in read) {
      link.refuse(frame.id, read.error);
      link.close(read.closeCode, read.error.message);
      return;
    }
    clearTimeout(late);
    connected();
    closeWhenEnded(link, read.credential);
    const connection = toConnection(connId, read, link, clock());
    try {
      link.answer(frame.id, await hello(connection, read, parts));
    } catch (thrown) {
      const error = toGatewayError(thrown);
      link.refuse(frame.id, toWireError(error));
      link.close(1011, error.message);
      return;
    }
    stage = connection;
    log.debug("socket connected", { connId, credential: read.credential.name, client: read.client.id });
    join(connection, parts);
  };

  const call = async (connection: Connection, frame: Request): Promise<void> => {
    if (calls >= limits.maxCalls) {
      const message = `More than ${limits.maxCalls} calls of this connection are not answered yet.`;
      link.refuse(
        frame.id,
        toWireError(new GatewayError("server_overloaded", message, { retryAfterSeconds: 1 })),
      );
      return;
    }
    calls += 1;
    await dispatch(frame, connection, link);
    calls -= 1;
  };

  ws.on("message", (data: RawData, isBinary: boolean) => {
    if (ws.readyState !== ws.OPEN) return;
    if (isBinary) return link.close(1003, "frames are text");
    const read = readFrame(rawText(data), parts.json);
    if ("error" in read) {
      if (stage === "new" && read.error.code === "invalid_json") return link.close(1008, read.error.message);
      link.refuse(read.id, toWireError(read.error));
      if (stage === "new") link.close(1008, read.error.message);
      return;
    }
    if (stage !== "new" && stage !== "connecting") return void call(stage, read.request);
    if (stage === "new" && read.request.method === "connect") return void begin(read.request);
    const error = new GatewayError(
      "invalid_request",
      "The first frame must be a call of connect, and the next one waits for its answer.",
    );
    link.refuse(read.request.id, toWireError(error));
    link.close(1008, error.message);
  });

  link.tellUncounted("connect.challenge", { nonce: newId("nonce_"), ts: clock() });
}

function toConnection(connId: string, admitted: Admitted, link: Link, now: number): Connection {
  const { client, scopes, credential } = admitted;
  const { id, displayName, version, platform, mode, instanceId } = client;
  return {
    connId,
    credential,
    scopes,
    subscriptions: createSubscriptions(),
    link,
    presence: {
      connId,
      host: displayName ?? id,
      version,
      platform,
      mode,
      ...(instanceId !== undefined && { instanceId }),
      reason: "connect",
      ts: now,
      roles: ["operator"],
      scopes: [...scopes],
    },
  };
}

/** A key that is revoked or expires takes its connections with it. */
function closeWhenEnded({ signal, close }: Link, { ended }: Credential): void {
  const end = (): void => close(1008, toGatewayError(ended.reason).message);
  if (ended.aborted) end();
  else ended.addEventListener("abort", end);
  signal.addEventListener("abort", () => ended.removeEventListener("abort", end));
}

function join(connection: Connection, { hub, state }: ServeParts): void {
  if (connection.link.signal.aborted) return;
  hub.add(connection);
  state.presenceChanged();
  connection.link.signal.addEventListener("abort", () => state.presenceChanged());
}
