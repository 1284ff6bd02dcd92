/** Handles one `response.create` frame: parses it, runs it, and sends its events. */
import type { IncomingHttpHeaders } from "node:http";
import { errorTable } from "../../../contracts/errors.ts";
import type { createResponse } from "../../../contracts/http/responses/endpoint.ts";
import { ResponseCreate, type ResponseSocketError } from "../../../contracts/http/responses/socket.ts";
import type { RequestOf } from "../../../contracts/endpoint.ts";
import type { z } from "zod";
import type { FindRoute } from "../../agent/route.ts";
import type { ConversationReader } from "../../agent/sessions/conversations.ts";
import type { ResponseStore } from "../../agent/sessions/responses.ts";
import type { Log } from "../../lib/ports.ts";
import type { StartServerSpan } from "../../lib/trace-context.ts";
import { GatewayError, toGatewayError } from "../../lib/errors.ts";
import type { Credential } from "../../auth/credential.ts";
import { parseJson } from "../../transport/body.ts";
import type { InFlightRequests } from "../../transport/in-flight.ts";
import { serializeEvent } from "../../dialects/preserialized.ts";
import { toErrorBody, logFailure } from "../../transport/errors.ts";
import { logClientMetadata } from "../../dialects/responses/client-metadata.ts";
import { createResponseRun, type ResponseRunDeps } from "../../dialects/responses/create-response-run.ts";
import type { ResponseStream } from "../../dialects/responses/response-stream.ts";
import type { OutgoingEvent } from "../../dialects/responses/event-emitter.ts";
import { isPrewarm, leaveSession, runNothing } from "../../dialects/responses/prewarm.ts";
import { resolveRequest } from "../../dialects/responses/resolve-request.ts";
import { parseSchema } from "../../lib/validation-error.ts";
import type { JsonLimits } from "../../lib/json-limits.ts";
import type { LaneCache } from "./connection-cache.ts";

export interface HandleCreateDeps extends ResponseRunDeps {
  readonly findRoute: FindRoute;
  readonly conversations: ConversationReader;
  readonly store: Pick<ResponseStore, "create" | "append" | "finish" | "chain" | "get" | "input">;
  readonly inFlightRequests: InFlightRequests;
  readonly onDisconnect: "abort" | "finish";
  readonly json: JsonLimits;
  readonly isStopping: () => boolean;
  readonly log: Log;
  /** Absent while traces are off. */
  readonly startServerSpan?: StartServerSpan | undefined;
}

export interface LaneContext {
  readonly headers: RequestOf<typeof createResponse>["headers"];
  /** All headers of the upgrade request. */
  readonly requestHeaders: IncomingHttpHeaders;
  readonly credential: Credential;
  /** `stream_id` of the lane, which every frame repeats. */
  readonly streamId: string | undefined;
  readonly cache: LaneCache;
  /** Aborted when the connection closes. */
  readonly disconnectSignal: AbortSignal;
  /** Returns a promise when the client must read before more is sent. */
  readonly send: (text: string) => Promise<void> | undefined;
}

/** Never rejects: every failure is sent to the client. */
export async function handleCreate(text: string, lane: LaneContext, deps: HandleCreateDeps): Promise<void> {
  const { credential, headers, requestHeaders, streamId, cache, disconnectSignal, send } = lane;
  const requestId = deps.newId("req_");
  const inFlight = deps.inFlightRequests.trackSignal(
    { name: "response.create", id: requestId },
    disconnectSignal,
    credential.revoked,
  );
  const span = deps.startServerSpan?.(requestHeaders);
  let errorCode: string | undefined;
  let previousId: string | undefined;
  let stream: ResponseStream | undefined;
  let sentCount = 0;
  try {
    const counting = credential.countRequest();
    if (counting !== undefined) await counting;
    if (deps.isStopping()) throw new GatewayError("shutting_down", "The gateway is stopping; connect again.");
    const frame = parseJson(text, deps.json, "frame");
    previousId = findPreviousId(frame);
    const body = parseSchema(ResponseCreate, frame, "frame");
    logClientMetadata(deps.log, requestId, body);
    // The model streams too; otherwise there would be no events before the end.
    const request = { body: { ...body, stream: true }, headers, requestHeaders, credential };
    const isInputOnly = isPrewarm(body);
    const resolvedRequest = await resolveRequest(request, { ...deps, store: cache.reader });
    const resolved = isInputOnly ? leaveSession(resolvedRequest) : resolvedRequest;
    const continuesOnDisconnect = resolved.route.sessionKey !== undefined && deps.onDisconnect === "finish";
    const runDeps = isInputOnly ? { ...deps, runAgent: runNothing } : deps;
    const responseRun = createResponseRun(runDeps, request, resolved, {
      requestId,
      trace: span?.context,
      signal: inFlight.signal,
      store: body.store === false ? cache.writer : deps.store,
      emitsEvents: true,
      isInputOnly,
      onStart: continuesOnDisconnect ? inFlight.ignoreDisconnect : undefined,
    });
    ({ stream } = responseRun);
    let drained: Promise<void> | undefined;
    await stream.push(responseRun.run, {
      emit(event) {
        sentCount += 1;
        drained = send(withStreamId(serializeEvent(event), streamId));
      },
      ready: () => drained,
    });
  } catch (thrown) {
    const error = toGatewayError(thrown);
    errorCode = error.code;
    logFailure(deps.log, { requestId, traceId: span?.context.traceId }, error);
    if (previousId !== undefined) cache.evict(previousId);
    const lastEvents = stream?.fail(error) ?? [];
    const lastFrames =
      sentCount === 0
        ? [createErrorFrame(error, streamId)]
        : lastEvents.map((event) => withStreamId(serializeEvent(addStatus(event, error)), streamId));
    for (const frame of lastFrames) await send(frame);
  } finally {
    span?.end({
      name: "response.create",
      attributes: { "http.route": "/v1/responses", "openclaw.request.id": requestId },
      errorType: errorCode,
    });
    inFlight.finish();
  }
}

/** Returns the response that a frame continues, even if the frame is invalid. */
function findPreviousId(frame: unknown): string | undefined {
  const { previous_response_id: id } = (frame ?? {}) as { readonly previous_response_id?: unknown };
  return typeof id === "string" ? id : undefined;
}

/** Creates the frame for a request that failed before its response started. */
export function createErrorFrame(error: GatewayError, streamId?: string): string {
  const { status } = errorTable[error.code];
  const frame: z.input<typeof ResponseSocketError> = { type: "error", status, ...toErrorBody(error) };
  return withStreamId(JSON.stringify(frame), streamId);
}

/** Adds `stream_id` to an object in JSON. The characters of an id need no escape. */
function withStreamId(json: string, streamId: string | undefined): string {
  return streamId === undefined ? json : `${json.slice(0, -1)},"stream_id":"${streamId}"}`;
}

function addStatus(event: OutgoingEvent, { code }: GatewayError): OutgoingEvent | object {
  if (typeof event === "string" || event.type !== "error") return event;
  return { ...event, status: errorTable[code].status };
}
