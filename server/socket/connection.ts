/** Serves one connection: sends the challenge, reads `connect`, sends hello, then handles calls until it closes. */
import type { RawData, WebSocket } from "ws";
import type { Live } from "../lib/live.ts";
import type { Log, NewId } from "../lib/ports.ts";
import { callOnAbort } from "../lib/abort.ts";
import { GatewayError, toGatewayError } from "../lib/errors.ts";
import type { ClientAddress } from "../auth/client-address.ts";
import type { Credential } from "../auth/credential.ts";
import type { JsonLimits } from "../lib/json-limits.ts";
import type { Dispatch } from "./dispatch.ts";
import { parseFrame, type Request } from "./frame.ts";
import { readConnect, type ConnectResult, type HandshakeDeps, type UpgradeRequest } from "./handshake.ts";
import { createHello, type HelloDeps } from "./hello.ts";
import type { Connection, Broadcaster } from "./broadcaster.ts";
import type { ConnectionWriter } from "./connection-writer.ts";
import { createSubscriptions } from "./subscriptions.ts";
import { destroyLater } from "./received-bytes.ts";
import { decodeText } from "./websocket-server.ts";
import { toWireError } from "./wire-error.ts";

/** What a connection needs until its `connect` has succeeded. An idle connection does not keep it. */
interface Handshake {
  readonly upgrade: UpgradeRequest;
  readonly timer: NodeJS.Timeout;
  readonly onConnected: () => void;
}

/** All presence entries share it. */
const roles: Connection["presence"]["roles"] = ["operator"];

const invalidWindowMs = 10_000;

/** `connecting` is the time between `connect` and hello. */
type Stage = Handshake | "connecting" | Connection;

export interface ConnectionDeps extends HandshakeDeps, HelloDeps {
  readonly clientAddress: ClientAddress;
  readonly broadcaster: Broadcaster;
  readonly dispatch: Dispatch;
  readonly jsonLimits: Live<JsonLimits>;
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
  let stage: Stage = {
    upgrade,
    timer: startHandshakeTimer(writer, upgrade, limits.handshakeMs),
    onConnected,
  };
  let pendingCalls = 0;
  let stopWatching: (() => void) | undefined;
  let invalidFrames = 0;
  let invalidSince = -Infinity;

  const isClosed = (): boolean => ws.readyState === ws.CLOSED;

  const connect = async (frame: Request, handshake: Handshake): Promise<void> => {
    stage = "connecting";
    clearTimeout(handshake.timer);
    const result = await readConnect(frame.params, handshake.upgrade, deps);
    if (isClosed()) return;
    if ("error" in result) {
      writer.sendError(frame.id, result.error);
      reject(writer, handshake.upgrade, result.closeCode, result.error.message);
      return;
    }
    handshake.onConnected();
    stopWatching = closeWithCredential(result.credential, writer);
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
    if (isClosed()) return;
    deps.broadcaster.add(connection);
    deps.state.schedulePresence();
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

  ws.on("close", (code: number) => {
    stopWatching?.();
    if (isHandshake(stage)) clearTimeout(stage.timer);
    else if (stage !== "connecting") {
      deps.broadcaster.remove(stage);
      deps.state.schedulePresence();
    }
    log.debug("socket closed", { connId, code });
  });
  ws.on("message", (data: RawData, isBinary: boolean) => {
    if (ws.readyState !== ws.OPEN) return;
    if (isBinary) return writer.close(1003, "frames are text");
    const parsed = parseFrame(decodeText(data), deps.jsonLimits.current);
    if ("error" in parsed) {
      if (isHandshake(stage) && parsed.error.code === "invalid_json")
        return reject(writer, stage.upgrade, 1008, parsed.error.message);
      invalidFrames = performance.now() - invalidSince > invalidWindowMs ? 1 : invalidFrames + 1;
      if (invalidFrames === 1) invalidSince = performance.now();
      if (invalidFrames > limits.maxInvalidFrames) return writer.close(1008, "too many invalid frames");
      writer.sendError(parsed.id, toWireError(parsed.error));
      if (isHandshake(stage)) reject(writer, stage.upgrade, 1008, parsed.error.message);
      return;
    }
    if (stage !== "connecting" && !isHandshake(stage)) return void handleCall(stage, parsed.request);
    if (isHandshake(stage) && parsed.request.method === "connect") return void connect(parsed.request, stage);
    const error = new GatewayError(
      "invalid_request",
      "The first frame must call connect. Wait for its result before the next frame.",
    );
    writer.sendError(parsed.request.id, toWireError(error));
    if (isHandshake(stage)) reject(writer, stage.upgrade, 1008, error.message);
    else writer.close(1008, error.message);
  });

  writer.sendUnsequenced("connect.challenge", { nonce: newId("nonce_"), ts: clock() });
}

/** Closes the connection when its key ends or its secret is replaced. Returns a function that stops that. */
function closeWithCredential({ revoked, replaced }: Credential, writer: ConnectionWriter): () => void {
  const signals = replaced === undefined ? [revoked] : [revoked, replaced];
  const stops = signals.map((signal) =>
    callOnAbort(signal, () => writer.close(1008, toGatewayError(signal.reason).message)),
  );
  return () => {
    for (const stop of stops) stop();
  };
}

const isHandshake = (stage: Stage): stage is Handshake => stage !== "connecting" && "upgrade" in stage;

function startHandshakeTimer(
  writer: ConnectionWriter,
  upgrade: UpgradeRequest,
  handshakeMs: number,
): NodeJS.Timeout {
  return setTimeout(
    () => reject(writer, upgrade, 1008, `connect did not come within ${handshakeMs} ms`),
    handshakeMs,
  );
}

/** Before `connect` is accepted, a client that ignores the close frame is cut off soon. */
function reject(writer: ConnectionWriter, { request }: UpgradeRequest, code: number, reason: string): void {
  writer.close(code, reason);
  destroyLater(request.socket);
}

function toConnection(
  connId: string,
  result: ConnectResult,
  writer: ConnectionWriter,
  now: number,
): Connection {
  const { client, scopes, credential, wantsDeltas } = result;
  const { id, displayName, version, platform, mode, instanceId } = client;
  return {
    connId,
    credential,
    scopes,
    subscriptions: createSubscriptions(),
    wantsDeltas,
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
      roles,
      scopes,
    },
  };
}
