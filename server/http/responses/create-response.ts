/** POST /v1/responses: runs an agent and returns its response as JSON, as a stream, or in the background. */
import type { createResponse } from "../../../contracts/http/responses/endpoint.ts";
import type { FindRoute } from "../../agent/route.ts";
import type { ConversationReader } from "../../agent/sessions/conversations.ts";
import type { ResponseStore } from "../../agent/sessions/responses.ts";
import type { Log } from "../../lib/ports.ts";
import type { StartRun } from "../../agent/types.ts";
import { toGatewayError } from "../../lib/errors.ts";
import type { InFlightRequests } from "../../transport/in-flight.ts";
import { logFailure } from "../../transport/errors.ts";
import type { Handler } from "../handler.ts";
import { createResponseRun, type ResponseRunDeps } from "../../dialects/responses/create-response-run.ts";
import type { ResponseStream } from "../../dialects/responses/response-stream.ts";
import { createStoredEventStream } from "../../dialects/responses/stored-event-stream.ts";
import { batchFragments } from "../../dialects/responses/batch-fragments.ts";
import { logClientMetadata } from "../../dialects/responses/client-metadata.ts";
import { rejectPrewarm } from "../../dialects/responses/prewarm.ts";
import { resolveRequest } from "../../dialects/responses/resolve-request.ts";

/** Fragments of this time are one delta of a background response, since each event is stored. */
const fragmentDelayMs = 100;

export interface ResponsesDeps extends ResponseRunDeps {
  readonly findRoute: FindRoute;
  readonly conversations: ConversationReader;
  readonly store: Pick<ResponseStore, "create" | "append" | "finish" | "chain" | "get" | "input" | "follow">;
  /** Tracks work that continues when the client disconnects. */
  readonly trackBackgroundWork: InFlightRequests["trackDetached"];
  readonly onDisconnect: "abort" | "finish";
  readonly log: Log;
}

export function createResponsesHandler(deps: ResponsesDeps): Handler<typeof createResponse> {
  return async (context) => {
    const { body, requestId, trace, signal, ignoreDisconnect } = context;
    rejectPrewarm(body);
    logClientMetadata(deps.log, requestId, body);
    const resolved = await resolveRequest(context, deps);
    const { agent, sessionKey } = resolved.route;
    const headers = {
      "x-openclaw-agent-id": agent.id,
      ...(sessionKey === undefined ? {} : { "x-openclaw-session-key": sessionKey }),
    };
    const store = body.store === false ? undefined : deps.store;
    const emitsEvents = body.stream === true;
    if (body.background === true) {
      const work = { name: "background response", id: requestId };
      const inFlight = deps.trackBackgroundWork(work, context.credential.revoked);
      const options = { requestId, trace, signal: inFlight.signal, store, emitsEvents };
      const { id, stream, run } = createResponseRun(deps, context, resolved, options);
      try {
        await stream.enqueue();
      } catch (thrown) {
        inFlight.finish();
        throw thrown;
      }
      const reply = stream.getResponse();
      void collectResponse(stream, batchFragments(run, fragmentDelayMs))
        .catch((thrown: unknown) => logFailure(deps.log, { requestId }, thrown))
        .finally(() => inFlight.finish());
      return emitsEvents
        ? {
            ...createStoredEventStream(deps.store, { id, viewer: context.credential.name }, 0, signal),
            headers,
          }
        : { reply, headers };
    }
    const onStart = sessionKey !== undefined && deps.onDisconnect === "finish" ? ignoreDisconnect : undefined;
    const options = { requestId, trace, signal, store, emitsEvents, onStart };
    const { stream, run } = createResponseRun(deps, context, resolved, options);
    if (emitsEvents) {
      return { events: (sink) => stream.push(run, sink), toFailureEvents: stream.fail, headers };
    }
    return { reply: collectResponse(stream, run), headers };
  };
}

/** Resolves to the completed or incomplete response. Rejects with the error of its run. */
async function collectResponse(
  stream: ResponseStream,
  run: StartRun,
): Promise<ReturnType<ResponseStream["getResponse"]>> {
  try {
    await stream.push(run, { emit: () => {} });
  } catch (thrown) {
    stream.fail(toGatewayError(thrown));
    throw thrown;
  }
  return stream.getResponse();
}
