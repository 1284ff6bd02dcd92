/** POST /v1/responses: a request becomes a run, and its events a response: whole, streamed, or in the background. */
import type { createResponse } from "../../../contracts/http/responses/endpoint.ts";
import type { FindRoute } from "../../agent/route.ts";
import type { ResponseStore } from "../../agent/sessions/responses.ts";
import type { Log, RunEvent } from "../../agent/types.ts";
import { toGatewayError } from "../../errors.ts";
import type { Departures } from "../departures.ts";
import { reportFailure } from "../errors.ts";
import type { Handler } from "../handler.ts";
import { prepare, type PrepareParts } from "./prepare.ts";
import type { Responding } from "./respond.ts";
import { storedStream } from "./stored-events.ts";
import { understand } from "./understand.ts";

export interface ResponsesParts extends PrepareParts {
  readonly findRoute: FindRoute;
  readonly store: Pick<ResponseStore, "create" | "append" | "finish" | "chain" | "get" | "input" | "follow">;
  /** For work that no caller waits for. */
  readonly detach: Departures["detach"];
  readonly onDisconnect: "abort" | "finish";
  readonly log: Log;
}

export function createResponsesHandler(parts: ResponsesParts): Handler<typeof createResponse> {
  return async (incoming) => {
    const { body, requestId, signal, outlive } = incoming;
    const understood = await understand(incoming, { ...parts, unseal: parts.seal.unseal });
    const { agent, sessionKey } = understood.route;
    const headers = {
      "x-openclaw-agent-id": agent.id,
      ...(sessionKey === undefined ? {} : { "x-openclaw-session-key": sessionKey }),
    };
    const store = body.store === false ? undefined : parts.store;
    const listen = body.stream === true;
    if (body.background === true) {
      const work = parts.detach(incoming.credential.ended);
      const circumstances = { requestId, signal: work.signal, store, listen };
      const { id, responding, run } = prepare(parts, incoming, understood, circumstances);
      try {
        await responding.queue();
      } catch (thrown) {
        work.done();
        throw thrown;
      }
      const reply = responding.response;
      void whole(responding, run)
        .catch((thrown: unknown) => reportFailure(parts.log, requestId, thrown))
        .finally(() => work.done());
      return listen
        ? { ...storedStream(parts.store, { id, viewer: incoming.credential.name }, 0, signal), headers }
        : { reply, headers };
    }
    const onStart = sessionKey !== undefined && parts.onDisconnect === "finish" ? outlive : undefined;
    const circumstances = { requestId, signal, store, listen, onStart };
    const { responding, run } = prepare(parts, incoming, understood, circumstances);
    if (listen) return { events: responding.tell(run), failure: responding.lastWords, headers };
    return { reply: whole(responding, run), headers };
  };
}

/** Resolves to the response when its run has ended well. */
async function whole(responding: Responding, run: AsyncIterable<RunEvent>): Promise<Responding["response"]> {
  try {
    for await (const _event of responding.tell(run));
  } catch (thrown) {
    responding.lastWords(toGatewayError(thrown));
    throw thrown;
  }
  return responding.response;
}
