/** A request that is understood as a run and the response that it becomes; where both are kept is the door's choice. */
import type { Instructions, ResponseStore } from "../../agent/sessions/responses.ts";
import type { Clock, NewId, RunAgent, RunEvent } from "../../agent/types.ts";
import { afterReading } from "../../attachments/after-reading.ts";
import type { ReadAttachments } from "../../attachments/attachment.ts";
import { responseFields } from "./face.ts";
import { listedItems } from "./listed-items.ts";
import { createRecord, type ResponseRecord } from "./record.ts";
import { createResponding, type Responding } from "./respond.ts";
import type { Seal } from "./seal.ts";
import type { ResponseCall, Understood } from "./understand.ts";

export interface PrepareParts {
  readonly runAgent: RunAgent;
  readonly readAttachments: ReadAttachments;
  readonly seal: Seal;
  /** How long a stored response is kept. */
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** Events are written so much later; others may be following a response in the background. */
const writeAfterMs = { foreground: 1_000, background: 50 } as const;

interface Circumstances {
  readonly requestId: string;
  readonly signal: AbortSignal;
  /** Where the response is kept; nowhere without. */
  readonly store: Pick<ResponseStore, "create" | "append" | "finish"> | undefined;
  /** Does the caller want to see the events? */
  readonly listen: boolean;
  /** The run's turn has come. */
  readonly onStart?: (() => void) | undefined;
}

interface Prepared {
  readonly id: string;
  readonly responding: Responding;
  /** Begins when it is iterated. */
  readonly run: AsyncIterable<RunEvent>;
}

export function prepare(
  parts: PrepareParts,
  call: ResponseCall,
  understood: Understood,
  { requestId, signal: left, store, listen, onStart = () => {} }: Circumstances,
): Prepared {
  const { body, headers, credential } = call;
  const { route, asked, earlier, inherited } = understood;
  const { tools, given, turns: unread, turnParams, ...rest } = asked;
  const id = parts.newId("resp_");
  const gone = new AbortController();
  const record = store && recordOf({ ...parts, store }, call, understood, id, () => gone.abort());
  const signal = record === undefined ? left : AbortSignal.any([left, gone.signal]);
  const sealed = body.include?.includes("reasoning.encrypted_content") === true;
  const responding = createResponding({
    face: {
      fields: responseFields(body, { id, created_at: Math.floor(parts.clock() / 1000) }),
      customTools: tools.custom,
      namespaced: tools.namespaced,
      showTools: headers["x-openclaw-events"] === "tools",
      seal: sealed ? parts.seal.seal : undefined,
    },
    clock: parts.clock,
    record,
    listen,
    onStart,
  });
  const run = afterReading(unread, parts.readAttachments, signal, (turns) => {
    // A session keeps its turns itself.
    const own = route.sessionKey === undefined ? record : undefined;
    own?.said([...inherited, ...given.map(asInstructions), ...turns]);
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
  { store, ttlMs, clock }: PrepareParts & { readonly store: NonNullable<Circumstances["store"]> },
  { body, credential }: ResponseCall,
  { route, asked, items, previousId, carried }: Understood,
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
    instructions: [...carried, ...asked.given].map(asInstructions),
    delayMs: body.background === true ? writeAfterMs.background : writeAfterMs.foreground,
    onGone,
  });
}

const asInstructions = (text: string): Instructions => ({ role: "instructions", text });
