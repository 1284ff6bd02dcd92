/** The model provider of the bench, a process of its own: the request's last message scripts the answer. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { readScript, type Script } from "./script.ts";

interface ChatRequest {
  readonly messages: readonly { readonly content: string }[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
}

const face = { id: "chatcmpl-bench", created: 1_700_000_000, model: "scripted" };
const usage = { prompt_tokens: 12, completion_tokens: 200, total_tokens: 212 };
const eventStream = { "content-type": "text/event-stream" };

const whole = JSON.stringify({
  ...face,
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

const frame = (fields: object): string =>
  `data: ${JSON.stringify({ ...face, object: "chat.completion.chunk", ...fields })}\n\n`;
const delta = (fields: object, reason: string | null = null): string =>
  frame({ choices: [{ index: 0, delta: fields, finish_reason: reason }] });
const piece = (number: number, microseconds: number): string =>
  delta({ content: `#${number}@${microseconds}$` });

const opening = delta({ role: "assistant", content: "" });
const closing = (request: ChatRequest): string =>
  delta({}, "stop") +
  (request.stream_options?.include_usage === true ? frame({ choices: [], usage }) : "") +
  "data: [DONE]\n\n";

/** All pieces of a stream as one string, by their number: to make them costs more than to send them. */
const backToBack = new Map<number, string>();

function pieces(count: number): string {
  let text = backToBack.get(count);
  if (text === undefined) {
    text = Array.from({ length: count }, (_, number) => piece(number, 0)).join("");
    backToBack.set(count, text);
  }
  return text;
}

/** Each piece carries the time it left, on the clock that all processes of the machine share. */
function paced(res: ServerResponse, { chunks, everyMs }: Script, end: string): void {
  let number = 0;
  const timer = setInterval(() => {
    if (number < chunks) res.write(piece(number++, Math.floor(Number(process.hrtime.bigint()) / 1_000)));
    else res.end(end);
    if (res.writableEnded) clearInterval(timer);
  }, everyMs);
  res.on("close", () => clearInterval(timer));
}

function answer(request: ChatRequest, res: ServerResponse): void {
  if (request.stream !== true) {
    res.writeHead(200, { "content-type": "application/json", "content-length": whole.length }).end(whole);
    return;
  }
  const script = readScript(request.messages.at(-1)?.content ?? "");
  res.writeHead(200, eventStream);
  if (script.everyMs === 0) {
    res.end(opening + pieces(script.chunks) + closing(request));
    return;
  }
  res.write(opening);
  paced(res, script, closing(request));
}

async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const body = Buffer.concat(await req.toArray()).toString();
  answer(JSON.parse(body) as ChatRequest, res);
}

createServer({ keepAliveTimeout: 65_000, noDelay: true }, (req, res) => {
  serve(req, res).catch((error: unknown) => res.destroy(error as Error));
}).listen(Number(process.env["PORT"]), "127.0.0.1");
