/** The model provider of the bench, which runs in its own process. The request's last message scripts the response. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { readScript, type Script } from "../requests.ts";

interface ChatRequest {
  readonly messages: readonly { readonly content: string }[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
}

const envelope = { id: "chatcmpl-bench", created: 1_700_000_000, model: "scripted" };
const usage = { prompt_tokens: 12, completion_tokens: 200, total_tokens: 212 };
const eventStream = { "content-type": "text/event-stream" };

const unstreamedBody = JSON.stringify({
  ...envelope,
  object: "chat.completion",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "A short answer. ".repeat(4) },
      finish_reason: "stop",
    },
  ],
  usage,
});

const encodeFrame = (fields: object): string =>
  `data: ${JSON.stringify({ ...envelope, object: "chat.completion.chunk", ...fields })}\n\n`;
const encodeDelta = (fields: object, reason: string | null = null): string =>
  encodeFrame({ choices: [{ index: 0, delta: fields, finish_reason: reason }] });
const encodeContent = (number: number, microseconds: number): string =>
  encodeDelta({ content: `#${number}@${microseconds}$` });

const firstFrame = encodeDelta({ role: "assistant", content: "" });
const encodeEnd = (request: ChatRequest): string =>
  encodeDelta({}, "stop") +
  (request.stream_options?.include_usage === true ? encodeFrame({ choices: [], usage }) : "") +
  "data: [DONE]\n\n";

/** The content chunks of a stream as one string, by their number. Creating them costs more than sending them. */
const cachedContent = new Map<number, string>();

function encodeContents(count: number): string {
  let text = cachedContent.get(count);
  if (text === undefined) {
    text = Array.from({ length: count }, (_, number) => encodeContent(number, 0)).join("");
    cachedContent.set(count, text);
  }
  return text;
}

/** Each chunk carries its send time on the monotonic clock that all processes of the machine share. */
function writePaced(res: ServerResponse, { chunks, everyMs }: Script, end: string): void {
  let number = 0;
  const timer = setInterval(() => {
    if (number < chunks)
      res.write(encodeContent(number++, Math.floor(Number(process.hrtime.bigint()) / 1_000)));
    else res.end(end);
    if (res.writableEnded) clearInterval(timer);
  }, everyMs);
  res.on("close", () => clearInterval(timer));
}

function respond(request: ChatRequest, res: ServerResponse): void {
  if (request.stream !== true) {
    res
      .writeHead(200, { "content-type": "application/json", "content-length": unstreamedBody.length })
      .end(unstreamedBody);
    return;
  }
  const script = readScript(request.messages.at(-1)?.content ?? "");
  res.writeHead(200, eventStream);
  if (script.everyMs === 0) {
    res.end(firstFrame + encodeContents(script.chunks) + encodeEnd(request));
    return;
  }
  res.write(firstFrame);
  writePaced(res, script, encodeEnd(request));
}

async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const body = Buffer.concat(await req.toArray()).toString();
  respond(JSON.parse(body) as ChatRequest, res);
}

createServer({ keepAliveTimeout: 65_000, noDelay: true }, (req, res) => {
  serve(req, res).catch((error: unknown) => res.destroy(error as Error));
}).listen(Number(process.env["PORT"]), "127.0.0.1");
