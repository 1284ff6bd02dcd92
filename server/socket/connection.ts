/** Serves one connection: sends the challenge, reads `connect`, sends hello, then handles calls until it closes. */
import type { RawData, WebSocket } from "ws";
import type { Log, NewId } from "../lib/ports.ts";
import { GatewayError, toGatewayError } from "../lib/errors.ts";
import type { Credential } from "../auth/authenticate.ts";
import type { JsonLimits } from "../lib/json-limits.ts";
import type { Dispatch } from "./dispatch.ts";
import { parseFrame, type Request } from "./frame.ts";
import { readConnect, type ConnectResult, type HandshakeDeps, type UpgradeRequest } from "./handshake.ts";
import { createHello, type HelloDeps } from "./hello.ts";
import type { Connection, Broadcaster } from "./broadcaster.ts";
import type { ConnectionWriter } from "./connection-writer.ts";
import { createSubscriptions } from "./subscriptions.ts";
import { decodeText, destroyLater } from "./websocket-server.ts";
import { toWireError } from "./wire-error.ts";

/** `connecting` is the time between `connect` and hello. */
type Stage = "new" | "connecting" | Connection;

export interface ConnectionDeps extends HandshakeDeps, HelloDeps {
  readonly broadcaster: Broadcaster;
  readonly dispatch: Dispatch;
  readonly jsonLimits: JsonLimits;
  readonly newId: NewId;
  readonly log: Log;
}

/** Calls `onConnected` when the client is authenticated. */
export function serveConnection(
  ws: WebSocket,
  writer: ConnectionWriter,
  upgrade: UpgradeRequest,
  deps: ConnectionDeps,
  onConnected: () => void,
): void {
  const { limits, dispatch, newId, clock, log } = deps;
  const connId = newId("conn_");
  let stage: Stage = "new";
  let pendingCalls = 0;

  /** Before `connect` is accepted, a client that ignores the close frame is cut off soon. */
  const reject = (code: number, reason: string): void => {
    writer.close(code, reason);
    destroyLater(upgrade.request.socket);
  };
  const handshakeTimer = setTimeout(
    () => reject(1008, `connect did not come within ${limits.handshakeMs} ms`),
    limits.handshakeMs,
  );
  ws.once("close", (code) => {
    clearTimeout(handshakeTimer);
    log.debug("socket closed", { connId, code });
  });

  const connect = async (frame: Request): Promise<void> => {
    stage = "connecting";
    const result = readConnect(frame.params, upgrade, deps);
    if ("error" in result) {
      writer.sendError(frame.id, result.error);
      reject(result.closeCode, result.error.message);
      return;
    }
    clearTimeout(handshakeTimer);
    onConnected();
    closeOnRevocation(writer, result.credential);
    const connection = toConnection(connId, result, writer, clock());
    try {
      writer.sendResult(frame.id, JSON.stringify(await createHello(connection, result, deps)));
    } catch (thrown) {
      const error = toGatewayError(thrown);
      writer.sendError(frame.id, toWireError(error));
      writer.close(1011, error.message);
      return;
    }
    stage = connection;
    log.debug("socket connected", { connId, credential: result.credential.name, client: result.client.id });
    register(connection, deps);
  };

  const handleCall = async (connection: Connection, frame: Request): Promise<void> => {
    if (pendingCalls >= limits.maxCalls) {
      const message = `This connection has ${limits.maxCalls} unanswered calls, the maximum. Wait for a result.`;
      writer.sendError(
        frame.id,
        toWireError(new GatewayError("server_overloaded", message, { retryAfterSeconds: 1 })),
      );
      return;
    }
    pendingCalls += 1;
    await dispatch(frame, connection, writer);
    pendingCalls -= 1;
  };

  ws.on("message", (data: RawData, isBinary: boolean) => {
    if (ws.readyState !== ws.OPEN) return;
    if (isBinary) return writer.close(1003, "frames are text");
    const parsed = parseFrame(decodeText(data), deps.jsonLimits);
    if ("error" in parsed) {
      if (stage === "new" && parsed.error.code === "invalid_json") return reject(1008, parsed.error.message);
      writer.sendError(parsed.id, toWireError(parsed.error));
      if (stage === "new") reject(1008, parsed.error.message);
      return;
    }
    if (stage !== "new" && stage !== "connecting") return void handleCall(stage, parsed.request);
    if (stage === "new" && parsed.request.method === "connect") return void connect(parsed.request);
    const error = new GatewayError(
      "invalid_request",
      "The first frame must call connect. Wait for its result before the next frame.",
    );
    writer.sendError(parsed.request.id, toWireError(error));
    reject(1008, error.message);
  });

  writer.sendUnsequenced("connect.challenge", { nonce: newId("nonce_"), ts: clock() });
}

function toConnection(
  connId: string,
  result: ConnectResult,
  writer: ConnectionWriter,
  now: number,
): Connection {
  const { client, scopes, credential } = result;
  const { id, displayName, version, platform, mode, instanceId } = client;
  return {
    connId,
    credential,
    scopes,
    subscriptions: createSubscriptions(),
    writer,
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

/** Closes the connection when its key is revoked or expires. */
function closeOnRevocation({ signal, close }: ConnectionWriter, { revoked }: Credential): void {
  const closeConnection = (): void => close(1008, toGatewayError(revoked.reason).message);
  if (revoked.aborted) closeConnection();
  else revoked.addEventListener("abort", closeConnection);
  signal.addEventListener("abort", () => revoked.removeEventListener("abort", closeConnection));
}

function register(connection: Connection, { broadcaster, state }: ConnectionDeps): void {
  if (connection.writer.signal.aborted) return;
  broadcaster.add(connection);
  state.schedulePresence();
  connection.writer.signal.addEventListener("abort", () => state.schedulePresence());
}
