/**
 * The least that a gateway has to do which reads requests and writes the provider's text in frames of its own: node:http,
 * undici's dispatch, one write per read. It checks nothing, keeps nothing and logs nothing. The CPU time of the gateway is
 * compared with this floor.
 */
import { createServer, type ServerResponse } from "node:http";
import { Pool, type Dispatcher } from "undici";

interface ChatRequest {
  readonly model: string;
  readonly messages: readonly unknown[];
  readonly stream?: boolean;
}
interface Completion {
  readonly choices: readonly { readonly message: { readonly content: string } }[];
  readonly usage: object;
}
interface Chunk {
  readonly choices: readonly { readonly delta: { readonly content?: string } }[];
}

const pool = new Pool(process.env["UPSTREAM"] ?? "", { connections: 256 });
const headers = { "content-type": "application/json" };
let runs = 0;

createServer({ keepAliveTimeout: 65_000 }, (req, res) => {
  let body = "";
  req.setEncoding("utf8");
  req.on("data", (text: string) => (body += text));
  req.on("end", () => {
    const { model, messages, stream = false } = JSON.parse(body) as ChatRequest;
    const fields = stream ? { stream, stream_options: { include_usage: true } } : {};
    pool.dispatch(
      {
        path: "/v1/chat/completions",
        method: "POST",
        headers,
        body: JSON.stringify({ model, messages, ...fields }),
      },
      stream ? streamTo(res, model) : answerTo(res, model),
    );
  });
}).listen(Number(process.env["PORT"]), "127.0.0.1");

const createEnvelope = (object: string, model: string): object => ({
  id: `chatcmpl-${runs++}`,
  object,
  created: Math.floor(Date.now() / 1_000),
  model,
});

const handleError = (res: ServerResponse) => (_: unknown, error: Error) => {
  res.destroy(error);
};

function answerTo(res: ServerResponse, model: string): Dispatcher.DispatchHandler {
  let text = "";
  return {
    onRequestStart() {},
    onResponseData(_, data) {
      text += data.toString("utf8");
    },
    onResponseEnd() {
      const { choices, usage } = JSON.parse(text) as Completion;
      const message = { role: "assistant", content: choices[0]?.message.content };
      const reply = Buffer.from(
        JSON.stringify({
          ...createEnvelope("chat.completion", model),
          choices: [{ index: 0, message, finish_reason: "stop" }],
          usage,
        }),
      );
      res.writeHead(200, { ...headers, "content-length": reply.length }).end(reply);
    },
    onResponseError: handleError(res),
  };
}

function streamTo(res: ServerResponse, model: string): Dispatcher.DispatchHandler {
  const envelope = JSON.stringify(createEnvelope("chat.completion.chunk", model)).slice(0, -1);
  const prefix = `data: ${envelope},"choices":[{"index":0,"delta":{"content":`;
  let rest = "";
  let template = "";
  const readText = (frame: string): string => {
    if (template !== "" && frame.startsWith(template)) {
      const end = frame.indexOf('"', template.length);
      if (!frame.slice(template.length, end).includes("\\")) return frame.slice(template.length, end);
    }
    if (!frame.startsWith("data: {")) return "";
    const { content = "" } = (JSON.parse(frame.slice(6)) as Chunk).choices[0]?.delta ?? {};
    if (content !== "") template = frame.slice(0, frame.indexOf('"content":"') + 11);
    return content;
  };
  return {
    onRequestStart() {},
    onResponseStart() {
      res.writeHead(200, { "content-type": "text/event-stream" });
    },
    onResponseData(_, data) {
      const frames = (rest + data.toString("utf8")).split("\n\n");
      rest = frames.pop() ?? "";
      let output = "";
      for (const frame of frames) {
        const text = readText(frame);
        if (text !== "") output += `${prefix}${JSON.stringify(text)}},"finish_reason":null}]}\n\n`;
      }
      if (output !== "") res.write(output);
    },
    onResponseEnd() {
      res.end(`${prefix}""},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`);
    },
    onResponseError: handleError(res),
  };
}
