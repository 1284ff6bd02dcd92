/** Handles one `response.create` frame: parses it, runs it, and sends its events. */
import { errorTable } from "../../../contracts/errors.ts";
import type { createResponse } from "../../../contracts/http/responses/endpoint.ts";
import { ResponseCreate, type ResponseSocketError } from "../../../contracts/http/responses/socket.ts";
import type { RequestOf } from "../../../contracts/endpoint.ts";
import type { z } from "zod";
import type { FindRoute } from "../../agent/route.ts";
import type { ResponseStore } from "../../agent/sessions/responses.ts";
import type { Log } from "../../lib/ports.ts";
import { GatewayError, toGatewayError } from "../../lib/errors.ts";
import type { Credential } from "../../auth/authenticate.ts";
import { parseJson } from "../../transport/body.ts";
import type { InFlightRequests } from "../../transport/in-flight.ts";
import { serializeEvent } from "../../dialects/preserialized.ts";
import { toErrorBody, logFailure } from "../../transport/errors.ts";
import { createResponseRun, type ResponseRunDeps } from "../../dialects/responses/create-response-run.ts";
import type { ResponseStream } from "../../dialects/responses/response-stream.ts";
import type { OutgoingEvent } from "../../dialects/responses/event-emitter.ts";
import { resolveRequest } from "../../dialects/responses/resolve-request.ts";
import { parseSchema } from "../../lib/validation-error.ts";
import type { JsonLimits } from "../../lib/json-limits.ts";
import type { ConnectionCache } from "./connection-cache.ts";

export interface HandleCreateDeps extends ResponseRunDeps {
  readonly findRoute: FindRoute;
  readonly store: Pick<ResponseStore, "create" | "append" | "finish" | "chain" | "get" | "input">;
  readonly inFlightRequests: InFlightRequests;
  readonly onDisconnect: "abort" | "finish";
  readonly json: JsonLimits;
  readonly isStopping: () => boolean;
  readonly log: Log;
}

export interface ConnectionContext {
  readonly headers: RequestOf<typeof createResponse>["headers"];
  readonly credential: Credential;
  readonly cache: ConnectionCache;
  /** Aborted when the connection closes. */
  readonly disconnectSignal: AbortSignal;
  /** Returns a promise when the client must read before more is sent. */
  readonly send: (text: string) => Promise<void> | undefined;
}

/** Never rejects: every failure is sent to the client. */
export async function handleCreate(
  text: string,
  connection: ConnectionContext,
  deps: HandleCreateDeps,
): Promise<void> {
  const { credential, headers, cache, disconnectSignal, send } = connection;
  const requestId = deps.newId("req_");
  const inFlight = deps.inFlightRequests.trackSignal(disconnectSignal, credential.revoked);
  let previousId: string | undefined;
  let stream: ResponseStream | undefined;
  let sentCount = 0;
  try {
    credential.countRequest();
    if (deps.isStopping()) throw new GatewayError("shutting_down", "The gateway is stopping; connect again.");
    const frame = parseJson(text, deps.json, "frame");
    previousId = findPreviousId(frame);
    const body = parseSchema(ResponseCreate, frame, "frame");
    // The model streams too; otherwise there would be no events before the end.
    const request = { body: { ...body, stream: true }, headers, credential };
    const resolved = await resolveRequest(request, { ...deps, store: cache.reader });
    const continuesOnDisconnect = resolved.route.sessionKey !== undefined && deps.onDisconnect === "finish";
    const responseRun = createResponseRun(deps, request, resolved, {
      requestId,
      signal: inFlight.signal,
      store: body.store === false ? cache.writer : deps.store,
      emitsEvents: true,
      onStart: continuesOnDisconnect ? inFlight.ignoreDisconnect : undefined,
    });
    ({ stream } = responseRun);
    let drained: Promise<void> | undefined;
    await stream.push(responseRun.run, {
      emit(event) {
        sentCount += 1;
        drained = send(serializeEvent(event));
      },
      ready: () => drained,
    });
  } catch (thrown) {
    const error = toGatewayError(thrown);
    logFailure(deps.log, { requestId }, error);
    if (previousId !== undefined) cache.evict(previousId);
    const lastEvents = stream?.fail(error) ?? [];
    const lastFrames =
      sentCount === 0
        ? [createErrorFrame(error)]
        : lastEvents.map((event) => serializeEvent(addStatus(event, error)));
    for (const frame of lastFrames) await send(frame);
  } finally {
    inFlight.finish();
  }
}

/** Returns the response that a frame continues, even if the frame is invalid. */
function findPreviousId(frame: unknown): string | undefined {
  const { previous_response_id: id } = (frame ?? {}) as { readonly previous_response_id?: unknown };
  return typeof id === "string" ? id : undefined;
}

/** Creates the frame for a request that failed before its response started. */
export function createErrorFrame(error: GatewayError): string {
  const { status } = errorTable[error.code];
  const frame: z.input<typeof ResponseSocketError> = { type: "error", status, ...toErrorBody(error) };
  return JSON.stringify(frame);
}

function addStatus(event: OutgoingEvent, { code }: GatewayError): OutgoingEvent | object {
  if (typeof event === "string" || event.type !== "error") return event;
  return { ...event, status: errorTable[code].status };
}
