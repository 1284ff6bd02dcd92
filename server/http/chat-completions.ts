/** POST /v1/chat/completions: runs the agent and sends its events as chunks or as one completion. */
import type { createChatCompletion } from "../../contracts/http/chat/endpoint.ts";
import { foldRun } from "../agent/fold-run.ts";
import type { FindRoute } from "../agent/route.ts";
import type { Clock, NewId } from "../lib/ports.ts";
import type { RunAgent, RunSink, Turn } from "../agent/types.ts";
import { resolveThenRun } from "../attachments/resolve-then-run.ts";
import type { ReadAttachmentsOf } from "../attachments/attachment.ts";
import type { Handler } from "./handler.ts";
import { pushChatChunks } from "../dialects/chat/chunks.ts";
import { toChatCompletion } from "../dialects/chat/completion.ts";
import { createTurnRecorder, recordTurn } from "../dialects/chat/sealed-turn.ts";
import type { Encryption } from "../dialects/encryption.ts";
import { withToolsAsThinking } from "../dialects/chat/tools-as-thinking.ts";
import { parseChatRequest } from "../dialects/chat/request.ts";
import { notifyOnStart } from "./notify-on-start.ts";

interface ChatDeps {
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly readAttachments: ReadAttachmentsOf;
  readonly onDisconnect: "abort" | "finish";
  readonly showToolsAsThinking: boolean;
  readonly encryption: Pick<Encryption, "encrypt" | "decrypt">;
  readonly clock: Clock;
  readonly newId: NewId;
}

export function createChatHandler(deps: ChatDeps): Handler<typeof createChatCompletion> {
  return ({ body, headers, requestHeaders, credential, requestId, trace, signal, ignoreDisconnect }) => {
    const binding = { kind: "reasoning", credential: credential.name } as const;
    const {
      tools,
      turns: unresolvedTurns,
      ...runFields
    } = parseChatRequest(body, {
      dropsThinking: deps.showToolsAsThinking,
      unseal: (data) => deps.encryption.decrypt(data, binding),
    });
    const route = deps.findRoute({
      surface: "chat",
      credential: credential.name,
      agentId: headers["x-openclaw-agent-id"] ?? headers["x-openclaw-agent"],
      model: body.model,
      sessionKey: headers["x-openclaw-session-key"],
      user: body.user ?? undefined,
      headers: requestHeaders,
      backendModel: headers["x-openclaw-model"],
    });
    const { sessionKey, agent } = route;
    const id = deps.newId("chatcmpl-");
    const runTurns = (turns: readonly Turn[], sink: RunSink): Promise<void> =>
      deps.runAgent(
        {
          id,
          requestId,
          operation: "createChatCompletion",
          trace,
          credential: credential.name,
          ...route,
          ...runFields,
          turns,
          tools: tools.definitions,
          signal,
        },
        sink,
      );
    const resolvedRun = resolveThenRun(
      unresolvedTurns,
      deps.readAttachments(credential.name),
      signal,
      runTurns,
    );
    const recorder = createTurnRecorder();
    const recordedRun = tools.definitions.length === 0 ? resolvedRun : recordTurn(resolvedRun, recorder);
    const run = deps.showToolsAsThinking ? withToolsAsThinking(recordedRun) : recordedRun;
    const shouldFinish = sessionKey !== undefined && deps.onDisconnect === "finish";
    const startRun = shouldFinish ? notifyOnStart(run, ignoreDisconnect) : run;
    const metadata = {
      id,
      created: Math.floor(deps.clock() / 1000),
      model: body.model,
      customTools: tools.custom,
      includeToolActivity: headers["x-openclaw-events"] === "tools",
      sealTurn: () => {
        const turn = recorder.serialize();
        return turn === undefined ? undefined : deps.encryption.encrypt(turn, binding);
      },
      includeUsage: body.stream_options?.include_usage === true,
    };
    const replyHeaders = {
      "x-openclaw-agent-id": agent.id,
      ...(sessionKey === undefined ? {} : { "x-openclaw-session-key": sessionKey }),
    };
    if (body.stream === true)
      return { events: (sink) => pushChatChunks(metadata, startRun, sink), headers: replyHeaders };
    return {
      reply: foldRun(startRun).then((result) => toChatCompletion(result, metadata)),
      headers: replyHeaders,
    };
  };
}
