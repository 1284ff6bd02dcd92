/**
 * A model provider that answers each request with tools by the next step of its script, and any other request by a short
 * text. As a program it gets its API, its steps and a file for what it receives, and prints its address. With Anthropic's
 * API it thinks before each call, and rejects thinking that it has not signed.
 */
import { appendFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export type ModelStep =
  /** With a pause of so many milliseconds before the end. */
  | { readonly text: string; readonly pauseMs?: number }
  | { readonly call: { readonly name: string; readonly input: object } }
  /** Breaks off after the text. */
  | { readonly cutAfter: string };

export interface StepModelOptions {
  readonly api: "openai-completions" | "anthropic-messages";
  readonly steps: readonly ModelStep[];
  /** One line of JSON for each request. */
  readonly requestsFile: string;
}

interface Body {
  readonly tools?: readonly { readonly name?: string; readonly function?: { readonly name: string } }[];
  readonly messages: readonly { readonly content: unknown }[];
}

interface ThinkingBlock {
  readonly type: string;
  readonly thinking: string;
  readonly signature: string;
}

const toEvents = (...values: readonly object[]): string =>
  values
    .map(
      (value) =>
        `${"type" in value ? `event: ${String(value.type)}\n` : ""}data: ${JSON.stringify(value)}\n\n`,
    )
    .join("");

function writeCompletion(step: ModelStep, index: number): string {
  const chunk = (delta: object, finish_reason: string | null = null): object => ({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, finish_reason }],
  });
  const end = (reason: string): string =>
    toEvents(chunk({}, reason), {
      ...chunk({}),
      choices: [],
      usage: { prompt_tokens: 1_000, completion_tokens: 20, total_tokens: 1_020 },
    }) + "data: [DONE]\n\n";
  if ("text" in step) return toEvents(chunk({ role: "assistant", content: step.text })) + end("stop");
  if ("cutAfter" in step) return toEvents(chunk({ role: "assistant", content: step.cutAfter }));
  const { name, input } = step.call;
  const call = {
    index: 0,
    id: `call_${index}`,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  };
  return (
    toEvents(
      chunk({ role: "assistant", reasoning_content: `Step ${index}.` }),
      chunk({ tool_calls: [call] }),
    ) + end("tool_calls")
  );
}

const sign = (thinking: string): string => Buffer.from(`signed: ${thinking}`).toString("base64");

function writeMessage(step: ModelStep, index: number): string {
  const block = (at: number, content_block: object, ...deltas: readonly object[]): string =>
    toEvents(
      { type: "content_block_start", index: at, content_block },
      ...deltas.map((delta) => ({ type: "content_block_delta", index: at, delta })),
      { type: "content_block_stop", index: at },
    );
  const usage = { input_tokens: 100, cache_read_input_tokens: 900, output_tokens: 20 };
  const start = toEvents({
    type: "message_start",
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "m",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    },
  });
  const end = (stop_reason: string): string =>
    toEvents(
      { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 20 } },
      { type: "message_stop" },
    );
  const text = (value: string): string =>
    block(0, { type: "text", text: "" }, { type: "text_delta", text: value });
  if ("text" in step) return start + text(step.text) + end("end_turn");
  if ("cutAfter" in step) return start + text(step.cutAfter);
  const thinking = `Step ${index}.`;
  return (
    start +
    block(
      0,
      { type: "thinking", thinking: "", signature: "" },
      { type: "thinking_delta", thinking },
      { type: "signature_delta", signature: sign(thinking) },
    ) +
    block(
      1,
      { type: "tool_use", id: `call_${index}`, name: step.call.name, input: {} },
      { type: "input_json_delta", partial_json: JSON.stringify(step.call.input) },
    ) +
    end("tool_use")
  );
}

/** Whether a message has thinking that this model has not signed. */
function hasForeignThinking({ messages }: Body): boolean {
  const blocks = messages.flatMap(({ content }) =>
    Array.isArray(content) ? (content as ThinkingBlock[]) : [],
  );
  return blocks.some(({ type, thinking, signature }) => type === "thinking" && signature !== sign(thinking));
}

interface StepModel {
  readonly options: StepModelOptions;
  /** Number of steps so far. */
  played: number;
}

async function answer(model: StepModel, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { api, steps, requestsFile } = model.options;
  const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>);
  const body = JSON.parse(Buffer.concat(chunks).toString()) as Body;
  appendFileSync(requestsFile, `${JSON.stringify(body)}\n`);
  if (api === "anthropic-messages" && hasForeignThinking(body)) {
    response.writeHead(400, { "content-type": "application/json" });
    const error = { type: "invalid_request_error", message: "Invalid signature in thinking block" };
    response.end(JSON.stringify({ type: "error", error }));
    return;
  }
  const isMainCall = (body.tools ?? []).length > 1;
  const step: ModelStep = (isMainCall ? steps[model.played++] : undefined) ?? { text: "Done." };
  response.writeHead(200, { "content-type": "text/event-stream" });
  const reply =
    api === "anthropic-messages" ? writeMessage(step, model.played) : writeCompletion(step, model.played);
  if (!("pauseMs" in step) || step.pauseMs === undefined) return void response.end(reply);
  const end = reply.indexOf("\n\n", reply.indexOf(step.text)) + 2;
  response.write(reply.slice(0, end));
  await sleep(step.pauseMs);
  response.end(reply.slice(end));
}

if (import.meta.main) {
  const model: StepModel = { options: JSON.parse(process.argv[2] ?? "") as StepModelOptions, played: 0 };
  const server = createServer((request, response) => {
    answer(model, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, "127.0.0.1", () => {
    console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
  });
}
