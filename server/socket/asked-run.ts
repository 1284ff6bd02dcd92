/** What a caller of the socket asks an agent, in the words of a run. */
import type { z } from "zod";
import type { runParams } from "../../contracts/socket/run.ts";
import type { Route } from "../agent/route.ts";
import type { Run, Turn } from "../agent/types.ts";
import type { Attachment } from "../attachments/attachment.ts";
import type { UnreadTurn } from "../attachments/unread.ts";

type RunParams = z.output<z.ZodObject<typeof runParams>>;

export interface AskedRun {
  readonly method: string;
  readonly params: RunParams;
  readonly sessionKey: string;
  readonly timeoutSeconds: number | undefined;
  readonly credential: string;
  /** Aborted when the credential has ended: so is the run. */
  readonly ended: AbortSignal;
  readonly requestId: string;
}

/** What is said, with the attachments as they came. */
export function saidIn({ message, attachments = [] }: RunParams): UnreadTurn {
  const text = message === "" ? [] : [{ type: "text", text: message } as const];
  return { role: "user", content: [...text, ...attachments.map(toAttachment)] };
}

type Sent = NonNullable<RunParams["attachments"]>[number];

function toAttachment({ type, mimeType, fileName, content }: Sent, index: number): Attachment {
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
  { params, credential, requestId, timeoutSeconds = Infinity }: AskedRun,
  { agent, models }: Route,
  sessionKey: string,
  turns: readonly Turn[],
  signal: AbortSignal,
): Run {
  const { idempotencyKey: id, extraSystemPrompt, thinking } = params;
  return {
    id,
    requestId,
    credential,
    agent: timeoutSeconds < agent.timeoutSeconds ? { ...agent, timeoutSeconds } : agent,
    models,
    instructions: extraSystemPrompt ?? "",
    turns,
    turnsParam: "message",
    turnParams: ["message"],
    sessionKey,
    tools: [],
    toolChoice: "auto",
    parallelToolCalls: true,
    responseFormat: undefined,
    sampling: {},
    maxOutputTokens: undefined,
    stop: [],
    thinking,
    stream: true,
    signal,
  };
}
