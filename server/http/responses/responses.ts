/** POST /v1/responses: a request becomes a run, and its events a response: whole, streamed, or in the background. */
import type { createResponse } from "../../../contracts/http/responses/endpoint.ts";
import type { FindRoute } from "../../agent/route.ts";
import type { ResponseStore } from "../../agent/sessions/responses.ts";
import type { Clock, Log, NewId, RunAgent, RunEvent } from "../../agent/types.ts";
import { toGatewayError } from "../../errors.ts";
import { afterReading } from "../attachments/after-reading.ts";
import type { ReadAttachments } from "../attachments/attachment.ts";
import type { Departure } from "../departures.ts";
import { reportFailure } from "../errors.ts";
import type { Handler } from "../handler.ts";
import { responseFields } from "./face.ts";
import { listedItems } from "./listed-items.ts";
import { createRecord, type ResponseRecord } from "./record.ts";
import { createResponding, type Responding } from "./respond.ts";
import type { Seal } from "./seal.ts";
import { storedStream } from "./stored-events.ts";
import { understand, type ResponseCall, type Understood } from "./understand.ts";

export interface ResponsesParts {
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly store: Pick<ResponseStore, "create" | "append" | "finish" | "chain" | "get" | "input" | "follow">;
  readonly readAttachments: ReadAttachments;
  readonly seal: Seal;
  /** For work that no caller waits for. */
  readonly detach: () => Departure;
  readonly onDisconnect: "abort" | "finish";
  /** How long a stored response is kept. */
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
}

/** Events are written so much later; others may be following a response in the background. */
const writeAfterMs = { foreground: 1_000, background: 50 } as const;

export function createResponsesHandler(parts: ResponsesParts): Handler<typeof createResponse> {
  return async (incoming) => {
    const { body, requestId, signal, outlive } = incoming;
    const understood = await understand(incoming, { ...parts, unseal: parts.seal.unseal });
    const { agent, sessionKey } = understood.route;
    const headers = {
      "x-openclaw-agent-id": agent.id,
      ...(sessionKey === undefined ? {} : { "x-openclaw-session-key": sessionKey }),
    };
    if (body.background === true) {
      const work = parts.detach();
      const { id, responding, run } = prepare(parts, incoming, understood, {
        requestId,
        signal: work.signal,
      });
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
      return body.stream === true
        ? { ...storedStream(parts.store, { id, viewer: incoming.credential.name }, 0, signal), headers }
        : { reply, headers };
    }
    const onStart = sessionKey !== undefined && parts.onDisconnect === "finish" ? outlive : undefined;
    const { responding, run } = prepare(parts, incoming, understood, { requestId, signal, onStart });
    if (body.stream === true) return { events: responding.tell(run), failure: responding.lastWords, headers };
    return { reply: whole(responding, run), headers };
  };
}

interface Circumstances {
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly onStart?: (() => void) | undefined;
}

interface Prepared {
  readonly id: string;
  readonly responding: Responding;
  /** Begins when it is iterated. */
  readonly run: AsyncIterable<RunEvent>;
}

function prepare(
  parts: ResponsesParts,
  call: ResponseCall,
  understood: Understood,
  { requestId, signal: left, onStart = () => {} }: Circumstances,
): Prepared {
  const { body, headers, credential } = call;
  const { route, asked, earlier } = understood;
  const { tools, turns: unread, turnParams, ...rest } = asked;
  const id = parts.newId("resp_");
  const gone = new AbortController();
  const record = body.store === false ? undefined : recordOf(parts, call, understood, id, () => gone.abort());
  const signal = record === undefined ? left : AbortSignal.any([left, gone.signal]);
  const sealed = body.include?.includes("reasoning.encrypted_content") === true;
  const responding = createResponding({
    face: {
      fields: responseFields(body, { id, created_at: Math.floor(parts.clock() / 1000) }),
      customTools: tools.custom,
      showTools: headers["x-openclaw-events"] === "tools",
      seal: sealed ? parts.seal.seal : undefined,
    },
    clock: parts.clock,
    record,
    listen: body.stream === true,
    onStart,
  });
  const run = afterReading(unread, parts.readAttachments, signal, (turns) => {
    // A session keeps its turns itself.
    const own = route.sessionKey === undefined ? record : undefined;
    own?.said(turns);
    return parts.runAgent({
      id,
      requestId,
      credential: credential.name,
      ...route,
      ...rest,
      turns: [...earlier, ...turns],
      turnParams: [...earlier.map(() => "previous_response_id"), ...turnParams],
      journal: own?.journal,
      tools: tools.definitions,
      signal,
    });
  });
  return { id, responding, run };
}

function recordOf(
  { store, ttlMs, clock }: ResponsesParts,
  { body, credential }: ResponseCall,
  { route, items, previousId }: Understood,
  id: string,
  onGone: () => void,
): ResponseRecord {
  const { input: _input, ...request } = body;
  return createRecord({
    store,
    subject: {
      id,
      agentId: route.agent.id,
      credential: credential.name,
      previousId,
      sessionKey: route.sessionKey,
      background: body.background === true,
      expiresAt: clock() + ttlMs,
      request: JSON.stringify(request),
      input: JSON.stringify(listedItems(items, id)),
    },
    delayMs: body.background === true ? writeAfterMs.background : writeAfterMs.foreground,
    onGone,
  });
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
