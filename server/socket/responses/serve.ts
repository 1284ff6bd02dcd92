/** One WebSocket on /v1/responses: its requests are answered one after the other, until it closes or its hour is over. */
import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { GatewayError, toGatewayError } from "../../errors.ts";
import type { ReaderLimits } from "../../http/reader.ts";
import { rawText } from "../raw-text.ts";
import { answer, errorFrame, type AnswerParts, type Asker } from "./answer.ts";
import { createLatest } from "./latest.ts";
import type { ResponsesSocketLimits } from "./limits.ts";
import { createSender } from "./sender.ts";

export interface ServeResponsesParts extends AnswerParts {
  readonly reader: ReaderLimits;
  readonly limits: ResponsesSocketLimits;
}

export function serveResponses(
  ws: WebSocket,
  connection: Duplex,
  { headers, credential }: Pick<Asker, "headers" | "credential">,
  parts: ServeResponsesParts,
): void {
  const { limits } = parts;
  const gone = new AbortController();
  const send = createSender(ws, connection, parts.reader);
  const asker: Asker = { headers, credential, send, gone: gone.signal, latest: createLatest(parts.store) };
  const waiting: string[] = [];
  let waitingLength = 0;
  let busy = false;
  let tooOld = false;

  const refuse = (error: GatewayError): void => {
    // Who reads none of it could have any number of refusals wait in memory.
    if (ws.bufferedAmount > parts.reader.maxUnreadBytes) ws.close(1013, "you do not read: connect again");
    else void send(errorFrame(error));
  };
  const expire = (): void => {
    tooOld = true;
    if (busy) return;
    refuse(hourIsOver(limits.maxAgeMs));
    ws.close(1000, "connect again");
  };
  const next = (): string | undefined => (tooOld || !isOpen(ws) ? undefined : waiting.shift());
  const work = async (): Promise<void> => {
    busy = true;
    for (let text = next(); text !== undefined; text = next()) {
      waitingLength -= text.length;
      await answer(text, asker, parts);
    }
    busy = false;
    if (tooOld && isOpen(ws)) expire();
  };

  const oldAge = setTimeout(expire, limits.maxAgeMs);
  const onEnded = (): void => {
    refuse(toGatewayError(credential.ended.reason));
    ws.close(1008, "the credential has ended");
  };
  credential.ended.addEventListener("abort", onEnded);
  ws.on("error", () => {});
  ws.once("close", () => {
    clearTimeout(oldAge);
    credential.ended.removeEventListener("abort", onEnded);
    gone.abort();
  });
  ws.on("message", (data: RawData, isBinary: boolean) => {
    if (!isOpen(ws)) return;
    if (isBinary) return ws.close(1003, "frames are text");
    const text = rawText(data);
    if (waiting.length >= limits.maxWaiting || waitingLength + text.length > limits.maxWaitingLength)
      return refuse(tooManyWait(limits));
    waiting.push(text);
    waitingLength += text.length;
    if (!busy) void work();
  });
}

const isOpen = (ws: WebSocket): boolean => ws.readyState === ws.OPEN;

function hourIsOver(maxAgeMs: number): GatewayError {
  const minutes = Math.round(maxAgeMs / 60_000);
  return new GatewayError(
    "websocket_connection_limit_reached",
    `This connection is ${minutes} minutes old, which is the limit. Connect again; a stored response can be continued there.`,
  );
}

function tooManyWait({ maxWaiting, maxWaitingLength }: ResponsesSocketLimits): GatewayError {
  return new GatewayError(
    "server_overloaded",
    `At most ${maxWaiting} requests of a connection, ${maxWaitingLength} characters together, wait for the one before them.`,
  );
}
