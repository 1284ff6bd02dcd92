/** A model provider that reports different tokens for each request and remembers what it has sent in full. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { ConfigInput } from "../../../contracts/config/config.ts";

export interface CountedCall {
  /** The number in the last message, `n=7`. */
  readonly number: number;
  readonly input: number;
  readonly output: number;
  /** Set when the whole answer has been handed to the socket: milliseconds since the epoch. */
  sentAt: number | undefined;
  readonly headers: IncomingHttpHeaders;
}

export interface CountingProvider {
  readonly baseUrl: string;
  readonly calls: readonly CountedCall[];
}

interface Body {
  readonly stream?: boolean;
  readonly messages: readonly { readonly content: string }[];
}

/** A message with `hang` gets no answer, one with `fail` status 500. */
export async function startCountingProvider(): Promise<CountingProvider> {
  const calls: CountedCall[] = [];
  const server = createServer((req, res) => void answer(req, res, calls));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, calls };
}

async function answer(req: IncomingMessage, res: ServerResponse, calls: CountedCall[]): Promise<void> {
  const { stream, messages } = JSON.parse(Buffer.concat(await req.toArray()).toString()) as Body;
  const text = messages.at(-1)?.content ?? "";
  const number = Number(/n=(\d+)/.exec(text)?.[1]);
  if (text.includes("fail")) return void res.writeHead(500).end("{}");
  const { headers } = req;
  const call: CountedCall = {
    number,
    input: 10 + number,
    output: 1 + (number % 7),
    sentAt: undefined,
    headers,
  };
  calls.push(call);
  const usage = { prompt_tokens: call.input, completion_tokens: call.output };
  const choice = { index: 0, finish_reason: "stop" };
  const envelope = { id: "chatcmpl-1", created: 1, model: "counted" };
  if (stream !== true) {
    if (text.includes("hang")) return;
    res.writeHead(200, { "content-type": "application/json" });
    const message = { role: "assistant", content: "Counted." };
    res.end(
      JSON.stringify({ ...envelope, object: "chat.completion", choices: [{ ...choice, message }], usage }),
    );
  } else {
    res.writeHead(200, { "content-type": "text/event-stream" });
    const send = (chunk: object): void =>
      void res.write(
        `data: ${JSON.stringify({ ...envelope, object: "chat.completion.chunk", ...chunk })}\n\n`,
      );
    send({ choices: [{ index: 0, delta: { role: "assistant", content: "Counted." } }] });
    if (text.includes("hang")) return;
    send({ choices: [{ ...choice, delta: {} }] });
    send({ choices: [], usage });
    res.end("data: [DONE]\n\n");
  }
  if (!res.destroyed) call.sentAt = Date.now();
}

export const createCountingConfig = (baseUrl: string): ConfigInput => ({
  gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
  agents: { defaults: { model: "counting/counted" } },
  models: {
    providers: { counting: { baseUrl, models: [{ id: "counted", cost: { input: 3, output: 15 } }] } },
  },
});
