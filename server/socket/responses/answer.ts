/** One `response.create` from its text to the last of its events. */
import { errorTable } from "../../../contracts/errors.ts";
import type { createResponse } from "../../../contracts/http/responses/endpoint.ts";
import { ResponseCreate, type ResponseSocketError } from "../../../contracts/http/responses/socket.ts";
import type { RequestOf } from "../../../contracts/endpoint.ts";
import type { z } from "zod";
import type { FindRoute } from "../../agent/route.ts";
import type { ResponseStore } from "../../agent/sessions/responses.ts";
import type { Log } from "../../agent/types.ts";
import { GatewayError, toGatewayError } from "../../errors.ts";
import type { Credential } from "../../gate/credentials.ts";
import { parseJson } from "../../http/body.ts";
import type { Departures } from "../../http/departures.ts";
import { encode } from "../../http/encoded.ts";
import { errorBody, reportFailure } from "../../http/errors.ts";
import { prepare, type PrepareParts } from "../../http/responses/prepare.ts";
import type { Responding } from "../../http/responses/respond.ts";
import type { ToldEvent } from "../../http/responses/teller.ts";
import { understand } from "../../http/responses/understand.ts";
import { parseWith } from "../../http/schema.ts";
import type { JsonLimits } from "../../json-limits.ts";
import type { Latest } from "./latest.ts";

export interface AnswerParts extends PrepareParts {
  readonly findRoute: FindRoute;
  readonly store: Pick<ResponseStore, "create" | "append" | "finish" | "chain" | "get" | "input">;
  readonly departures: Departures;
  readonly onDisconnect: "abort" | "finish";
  readonly json: JsonLimits;
  readonly stopping: () => boolean;
  readonly log: Log;
}

export interface Asker {
  readonly headers: RequestOf<typeof createResponse>["headers"];
  readonly credential: Credential;
  readonly latest: Latest;
  /** Aborted when the connection is gone. */
  readonly gone: AbortSignal;
  /** Resolves when there is room for more; undefined when there is already. */
  readonly send: (text: string) => Promise<void> | undefined;
}

/** Never rejects: what fails is told. */
export async function answer(text: string, asker: Asker, parts: AnswerParts): Promise<void> {
  const { credential, headers, latest, gone, send } = asker;
  const requestId = parts.newId("req_");
  const departure = parts.departures.attach(gone, credential.ended);
  let continued: string | undefined;
  let responding: Responding | undefined;
  let told = 0;
  try {
    credential.count();
    if (parts.stopping()) throw new GatewayError("shutting_down", "The gateway is stopping; connect again.");
    const sent = parseJson(text, parts.json, "frame");
    continued = continuedIn(sent);
    const body = parseWith(ResponseCreate, sent, "frame");
    // The model is asked to stream as well, or there would be nothing to tell before the end.
    const call = { body: { ...body, stream: true }, headers, credential };
    const understood = await understand(call, { ...parts, store: latest.find, unseal: parts.seal.unseal });
    const finishes = understood.route.sessionKey !== undefined && parts.onDisconnect === "finish";
    const prepared = prepare(parts, call, understood, {
      requestId,
      signal: departure.signal,
      store: body.store === false ? latest.keep : parts.store,
      listen: true,
      onStart: finishes ? departure.outlive : undefined,
    });
    ({ responding } = prepared);
    for await (const event of responding.tell(prepared.run)) {
      told += 1;
      const room = send(encode(event));
      if (room !== undefined) await room;
    }
  } catch (thrown) {
    const error = toGatewayError(thrown);
    // A run leaves a line of its own in the log.
    if (responding === undefined || !(thrown instanceof GatewayError))
      reportFailure(parts.log, requestId, thrown);
    if (continued !== undefined) latest.forget(continued);
    const lastWords = responding?.lastWords(error) ?? [];
    const last =
      told === 0 ? [errorFrame(error)] : lastWords.map((event) => encode(withStatus(event, error)));
    for (const frame of last) await send(frame);
  } finally {
    departure.done();
  }
}

/** The response that a request is to continue, whatever else is wrong with it. */
function continuedIn(sent: unknown): string | undefined {
  const { previous_response_id: id } = (sent ?? {}) as { readonly previous_response_id?: unknown };
  return typeof id === "string" ? id : undefined;
}

/** What is told of a request that came to nothing. */
export function errorFrame(error: GatewayError): string {
  const { status } = errorTable[error.code];
  const frame: z.input<typeof ResponseSocketError> = { type: "error", status, ...errorBody(error) };
  return JSON.stringify(frame);
}

function withStatus(event: ToldEvent, { code }: GatewayError): ToldEvent | object {
  if (typeof event === "string" || event.type !== "error") return event;
  return { ...event, status: errorTable[code].status };
}
