/** POST /v1/chat/completions: a request becomes a run, the run's events become chunks or one reply. */
import type { createChatCompletion } from "../../../contracts/http/chat/endpoint.ts";
import { foldRun } from "../../agent/fold.ts";
import type { FindRoute } from "../../agent/route.ts";
import type { Clock, NewId, RunAgent, RunEvent } from "../../agent/types.ts";
import { afterReading } from "../../attachments/after-reading.ts";
import type { ReadAttachments } from "../../attachments/attachment.ts";
import type { Handler } from "../handler.ts";
import { mapped } from "../../mapped.ts";
import { chatChunks } from "./chunks.ts";
import { chatCompletion } from "./reply.ts";
import { readChatRequest } from "./request.ts";

interface ChatParts {
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly readAttachments: ReadAttachments;
  readonly onDisconnect: "abort" | "finish";
  readonly clock: Clock;
  readonly newId: NewId;
}

export function createChatHandler(parts: ChatParts): Handler<typeof createChatCompletion> {
  return ({ body, headers, credential, requestId, signal, outlive }) => {
    const { tools, turns: unread, ...asked } = readChatRequest(body);
    const route = parts.findRoute({
      surface: "chat",
      credential: credential.name,
      agentId: headers["x-openclaw-agent-id"] ?? headers["x-openclaw-agent"],
      model: body.model,
      sessionKey: headers["x-openclaw-session-key"],
      user: body.user ?? undefined,
      backendModel: headers["x-openclaw-model"],
    });
    const { sessionKey, agent } = route;
    const id = parts.newId("chatcmpl-");
    const run = afterReading(unread, parts.readAttachments, signal, (turns) =>
      parts.runAgent({
        id,
        requestId,
        credential: credential.name,
        ...route,
        ...asked,
        turns,
        tools: tools.definitions,
        signal,
      }),
    );
    const finish = sessionKey !== undefined && parts.onDisconnect === "finish";
    const events = finish ? onStart(run, outlive) : run;
    const face = {
      id,
      created: Math.floor(parts.clock() / 1000),
      model: body.model,
      customTools: tools.custom,
      showTools: headers["x-openclaw-events"] === "tools",
      includeUsage: body.stream_options?.include_usage === true,
    };
    const replyHeaders = {
      "x-openclaw-agent-id": agent.id,
      ...(sessionKey === undefined ? {} : { "x-openclaw-session-key": sessionKey }),
    };
    if (body.stream === true) return { events: mapped(events, chatChunks(face)), headers: replyHeaders };
    return { reply: foldRun(events).then((result) => chatCompletion(result, face)), headers: replyHeaders };
  };
}

/** A run that still waits for its turn is not worth finishing for somebody who has left. */
async function* onStart(run: AsyncIterable<RunEvent>, started: () => void): AsyncGenerator<RunEvent> {
  for await (const event of run) {
    if (event.type === "start") started();
    yield event;
  }
}
