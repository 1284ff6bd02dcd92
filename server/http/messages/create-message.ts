/** POST /v1/messages: runs the agent and sends its events as those of a message, or as the whole message. */
import type { createMessage as contract } from "../../../contracts/http/messages/endpoint.ts";
import { estimateTokens } from "../../agent/compaction.ts";
import type { FindRoute } from "../../agent/route.ts";
import type { RunAgent, Turn } from "../../agent/types.ts";
import type { ReadAttachmentsOf } from "../../attachments/attachment.ts";
import { resolveThenRun } from "../../attachments/resolve-then-run.ts";
import type { Encryption } from "../../dialects/encryption.ts";
import { createMessage, pushMessageEvents } from "../../dialects/messages/message-stream.ts";
import { getThinkingDisplay, parseMessagesRequest } from "../../dialects/messages/request.ts";
import { createSeal } from "../../dialects/messages/seal.ts";
import type { Clock, Log, NewId } from "../../lib/ports.ts";
import { toAnthropicErrorBody } from "../../transport/anthropic-errors.ts";
import type { Handler } from "../handler.ts";
import { notifyOnStart } from "../notify-on-start.ts";
import { createFailedStreams } from "./failed-streams.ts";
import { findMessagesRoute } from "./find-route.ts";
import { createRepeatableRuns, hashMessagesRequest, type OpenedRun } from "./repeatable-runs.ts";

interface MessagesDeps {
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly readAttachments: ReadAttachmentsOf;
  readonly encryption: Encryption;
  readonly onDisconnect: "abort" | "finish";
  /** Time without an event after which a `ping` is sent, in milliseconds. */
  readonly pingMs: number;
  /** Time that a run whose connection was cut waits for the repeat of its request, in milliseconds. */
  readonly repeatWaitMs: number;
  /** The same after the client has reset the connection: most often it has given up. */
  readonly resetWaitMs: number;
  readonly log: Log;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** What all connections of a run share. */
interface MessageRun {
  readonly id: string;
  inputTokens: number;
}

export function createMessagesHandler(deps: MessagesDeps): Handler<typeof contract> {
  const failedStreams = createFailedStreams(deps.clock);
  const repeatableRuns = createRepeatableRuns<MessageRun>(deps, ({ id }) =>
    deps.log.info("the connection of a run was cut", { runId: id }),
  );
  return (context) => {
    const { body, headers: requestHeaders, credential, requestId, trace, signal, ignoreDisconnect } = context;
    const { requestHeaders: allHeaders } = context;
    const { seal, unseal } = createSeal(deps.encryption, credential.name);
    const { run: fields, turns: unresolvedTurns, tools } = parseMessagesRequest(body, unseal);
    const route = findMessagesRoute(context, deps.findRoute);
    const { agent, sessionKey } = route;
    if (body.stream !== true) failedStreams.rejectRepeat(credential.name, body);
    const createRun = (runSignal: AbortSignal): OpenedRun<MessageRun> => {
      const info = { id: deps.newId("msg_"), inputTokens: 0 };
      const run = resolveThenRun(
        unresolvedTurns,
        deps.readAttachments(credential.name),
        runSignal,
        (turns, sink) => {
          info.inputTokens = estimateInput(agent.instructions, fields.instructions, turns, tools.definitions);
          return deps.runAgent(
            {
              id: info.id,
              requestId,
              operation: "createMessage",
              trace,
              credential: credential.name,
              ...route,
              ...fields,
              turns,
              tools: tools.definitions,
              // Clients of this API shorten their conversations themselves when an error tells them to.
              clientSession: requestHeaders["x-claude-code-session-id"],
              truncation: sessionKey === undefined ? "disabled" : "auto",
              signal: runSignal,
            },
            sink,
          );
        },
      );
      return { info, run };
    };
    // The store of a session finds out by itself what a request repeats.
    const { info, run } =
      sessionKey === undefined
        ? repeatableRuns.open(() => hashMessagesRequest(credential.name, body, allHeaders), signal, createRun)
        : createRun(signal);
    const shouldFinish = sessionKey !== undefined && deps.onDisconnect === "finish";
    const startRun = shouldFinish ? notifyOnStart(run, ignoreDisconnect) : run;
    const metadata = {
      id: info.id,
      model: body.model,
      thinking: getThinkingDisplay(body),
      seal,
      toClientToolName: tools.toClientName,
      estimateInput: () => info.inputTokens,
      pingMs: deps.pingMs,
    };
    const headers = {
      "x-openclaw-agent-id": agent.id,
      ...(sessionKey === undefined ? {} : { "x-openclaw-session-key": sessionKey }),
    };
    if (body.stream !== true) return { reply: createMessage(metadata, startRun), headers };
    let hasContent = false;
    const onContent = (): void => void (hasContent = true);
    return {
      events: (sink) => pushMessageEvents({ ...metadata, onContent }, startRun, sink),
      toFailureEvents(error) {
        if (!signal.aborted && (hasContent || !error.retry)) failedStreams.add(credential.name, body, error);
        return [toAnthropicErrorBody(error, requestId)];
      },
      headers,
    };
  };
}

/** The first event of a stream has an estimate, which costs little here: the last one has the provider's count. */
const estimateInput = (
  agentInstructions: string,
  instructions: string,
  turns: readonly Turn[],
  tools: Parameters<typeof estimateTokens>[0]["tools"],
): number => estimateTokens({ system: agentInstructions + instructions, turns, tools });
