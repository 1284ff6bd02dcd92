/** Converts the params of `agent` and `chat.send` to a run. */
import type { z } from "zod";
import type { runParams } from "../../contracts/socket/run.ts";
import { createMessageRun } from "../agent/message-run.ts";
import type { Route } from "../agent/route.ts";
import type { Run, Turn } from "../agent/types.ts";
import type { TraceContext } from "../lib/trace-context.ts";
import type { Attachment } from "../attachments/attachment.ts";
import type { UnresolvedTurn } from "../attachments/unresolved-turns.ts";

type RunParams = z.output<z.ZodObject<typeof runParams>>;

export interface RunRequest {
  readonly method: string;
  readonly params: RunParams;
  readonly sessionKey: string;
  readonly timeoutSeconds: number | undefined;
  readonly credential: string;
  /** Aborted when the credential is revoked or expires. The run is then aborted too. */
  readonly revoked: AbortSignal;
  readonly requestId: string;
  readonly trace?: TraceContext | undefined;
}

/** Returns the message as a turn. Its attachments are not resolved yet. */
export function toUserTurn({ message, attachments = [] }: RunParams): UnresolvedTurn {
  const text = message === "" ? [] : [{ type: "text", text: message } as const];
  return { role: "user", content: [...text, ...attachments.map(toAttachment)] };
}

type RunAttachment = NonNullable<RunParams["attachments"]>[number];

function toAttachment({ type, mimeType, fileName, content }: RunAttachment, index: number): Attachment {
  const isImage = type === undefined ? mimeType?.startsWith("image/") : type === "image";
  return {
    type: "attachment",
    kind: isImage ? "image" : "file",
    source: content.startsWith("data:") ? content : { base64: content, mediaType: mimeType },
    filename: fileName,
    param: `attachments[${index}]`,
  };
}

export function toRun(
  { method, params, credential, requestId, trace, timeoutSeconds }: RunRequest,
  { agent, models }: Route,
  sessionKey: string,
  turns: readonly Turn[],
  signal: AbortSignal,
): Run {
  const { idempotencyKey: id, extraSystemPrompt = "", thinking } = params;
  return createMessageRun({
    id,
    requestId,
    operation: method,
    trace,
    credential,
    agent,
    timeoutSeconds,
    models,
    sessionKey,
    instructions: extraSystemPrompt,
    thinking,
    turns,
    stream: true,
    signal,
  });
}
