/** Builds the run of a resolved request, and the stream of its response. The transport decides where both are stored. */
import { findConversationId } from "../../agent/sessions/session-keys.ts";
import type { ResponseStore } from "../../agent/sessions/responses.ts";
import type { Clock, NewId } from "../../lib/ports.ts";
import type { TraceContext } from "../../lib/trace-context.ts";
import type { RunAgent, StartRun } from "../../agent/types.ts";
import { resolveThenRun } from "../../attachments/resolve-then-run.ts";
import type { ReadAttachmentsOf } from "../../attachments/attachment.ts";
import { createEchoedFields } from "./echoed-fields.ts";
import { createItemRecorder } from "./item-recorder.ts";
import { createConversationItemList, createInputItemList } from "./input-item-list.ts";
import { createResponseWriter, type ResponseWriter } from "./response-writer.ts";
import { createResponseStream, type ResponseStream } from "./response-stream.ts";
import type { Encryption } from "../encryption.ts";
import { prependHistory, toInstructionsEntry, toSettingsEntries } from "./previous-response.ts";
import type { ResponseRequestContext, ResolvedRequest } from "./resolve-request.ts";

export interface ResponseRunDeps {
  readonly runAgent: RunAgent;
  readonly readAttachments: ReadAttachmentsOf;
  readonly encryption: Encryption;
  /** A stored response expires after this time. */
  readonly expiresAfterMs: number;
  /** After this time without an event the state of the response is emitted again. */
  readonly repeatStateMs: number;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** The longest time that events of a background response wait to be stored together. */
const writeDelayMs = 20;

interface ResponseRunOptions {
  readonly requestId: string;
  /** The span of the request; undefined while traces are off. */
  readonly trace: TraceContext | undefined;
  readonly signal: AbortSignal;
  /** Undefined when the response is not stored. */
  readonly store: Pick<ResponseStore, "create" | "append" | "finish"> | undefined;
  /** Whether the client receives the events. */
  readonly emitsEvents: boolean;
  /** Whether the request only brings input: its response has no output. */
  readonly isInputOnly?: boolean;
  /** Called when the run leaves the queue. */
  readonly onStart?: (() => void) | undefined;
}

interface ResponseRun {
  readonly id: string;
  readonly stream: ResponseStream;
  readonly run: StartRun;
}

export function createResponseRun(
  deps: ResponseRunDeps,
  request: ResponseRequestContext,
  resolved: ResolvedRequest,
  {
    requestId,
    trace,
    signal: disconnectSignal,
    store,
    emitsEvents,
    isInputOnly = false,
    onStart = () => {},
  }: ResponseRunOptions,
): ResponseRun {
  const { body, headers, credential } = request;
  const { route, run: runParams, history, settings, conversation, items } = resolved;
  const { tools, instructionMessages, turns: newTurns, turnParams, ...params } = runParams;
  const id = deps.newId("resp_");
  /** Aborted when the response was deleted or cannot be stored. */
  const stopped = new AbortController();
  const writer = store && createWriter({ ...deps, store }, request, resolved, id, () => stopped.abort());
  const signal =
    writer === undefined ? disconnectSignal : AbortSignal.any([disconnectSignal, stopped.signal]);
  const includesEncryptedReasoning = body.include?.includes("reasoning.encrypted_content") === true;
  const encryptReasoning = (text: string): string =>
    deps.encryption.encrypt(text, { kind: "reasoning", credential: credential.name });
  const metadata = {
    fields: createEchoedFields(body, {
      id,
      created_at: Math.floor(deps.clock() / 1000),
      conversationId: route.sessionKey === undefined ? undefined : findConversationId(route.sessionKey),
    }),
    customToolNames: tools.custom,
    namespacedTools: tools.namespacedTools,
    hasToolSearch: tools.hasToolSearch,
    includesToolActivity: headers["x-openclaw-events"] === "tools",
    encrypt: includesEncryptedReasoning ? encryptReasoning : undefined,
    needsMessage: !isInputOnly,
  };
  const itemRecorder =
    conversation && createItemRecorder(createConversationItemList(items, id), metadata, deps.clock);
  const stream = createResponseStream({
    metadata,
    clock: deps.clock,
    writer,
    emitsEvents,
    repeatStateMs: deps.repeatStateMs,
    onStart,
    abortRun: (error) => stopped.abort(error),
  });
  const run = resolveThenRun(newTurns, deps.readAttachments(credential.name), signal, (turns, sink) => {
    // A session stores its turns itself.
    const turnWriter = route.sessionKey === undefined ? writer : undefined;
    turnWriter?.appendInput([
      ...history.inherited,
      ...instructionMessages.map(toInstructionsEntry),
      ...toSettingsEntries(settings),
      ...turns,
    ]);
    return deps.runAgent(
      {
        id,
        requestId,
        trace,
        credential: credential.name,
        ...route,
        ...params,
        ...prependHistory(history, turns, turnParams),
        operation: "createResponse",
        turnsParam: "input",
        acceptsLateResults: true,
        journal: turnWriter?.journal,
        itemRecord: itemRecorder,
        tools: tools.definitions,
        signal,
      },
      itemRecorder === undefined ? sink : itemRecorder.watch(sink),
    );
  });
  return { id, stream, run };
}

function createWriter(
  {
    store,
    expiresAfterMs,
    clock,
  }: ResponseRunDeps & { readonly store: NonNullable<ResponseRunOptions["store"]> },
  { body, credential }: ResponseRequestContext,
  { route, run, history, settings, items }: ResolvedRequest,
  id: string,
  onDeleted: () => void,
): ResponseWriter {
  const { input: _input, ...request } = body;
  return createResponseWriter({
    store,
    fields: {
      id,
      agentId: route.agent.id,
      credential: credential.name,
      previousId: history.previousId,
      sessionKey: route.sessionKey,
      background: body.background === true,
      expiresAt: clock() + expiresAfterMs,
      request: JSON.stringify(request),
      input: JSON.stringify(createInputItemList(items, id)),
    },
    instructions: [
      ...[...history.instructions, ...run.instructionMessages].map(toInstructionsEntry),
      ...toSettingsEntries([...history.settings, ...settings]),
    ],
    delayMs: writeDelayMs,
    onDeleted,
  });
}
