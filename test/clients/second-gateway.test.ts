/** A gateway whose model is another gateway: both sides of the same protocol. */
import { InternalServerError, RateLimitError } from "openai";
import type OpenAI from "openai";
import { zodFunction } from "openai/helpers/zod";
import { expect, test } from "vitest";
import { z } from "zod";
import type { ConfigInput } from "../../contracts/config/config.ts";
import {
  createChatBody,
  chatConfig,
  postChat,
  startTestGateway,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import { startGatewayProcess, type GatewayProcess } from "../support/gateway/gateway-process.ts";
import { createOpenAIClient, chatRequest } from "../support/clients/openai-client.ts";
import { readOutcomes, readRunLines } from "../support/gateway/run-log.ts";

/** Starts two gateways. The test asks the first. It asks the second, which runs in its own process with the built-in model. */
async function startTwoGateways(apiKey = token): Promise<{ first: TestGateway; second: GatewayProcess }> {
  const second = await startGatewayProcess();
  const config: ConfigInput = {
    ...chatConfig,
    // Tool definitions of the first would change the token counts of the second.
    tools: { deny: ["*"] },
    agents: { defaults: { model: "other/openclaw" } },
    models: {
      providers: {
        other: {
          api: "openai-completions",
          baseUrl: `${second.url}/v1`,
          apiKey,
          models: [{ id: "openclaw" }],
          compat: { supportsReasoningEffort: true, supportsStrictMode: true },
        },
      },
    },
  };
  return { first: await startTestGateway({ config }), second };
}

test("the first gateway returns the second's reply, with its usage", async () => {
  const { first, second } = await startTwoGateways();
  const body = chatRequest("My name is Ada. Who are you?");
  const forwarded = await createOpenAIClient(first).chat.completions.create(body);
  const direct = await createOpenAIClient(second).chat.completions.create(body);

  expect(forwarded.choices).toEqual(direct.choices);
  expect(forwarded.usage).toEqual(direct.usage);
  expect(forwarded.usage?.total_tokens).toBeGreaterThan(10);
  expect(readRunLines(first.log)).toMatchObject([{ model: "other/openclaw", outcome: "stop" }]);
  await expect
    .poll(() => readRunLines([second.output()]))
    .toMatchObject([{ model: "builtin/assistant" }, { model: "builtin/assistant" }]);
});

test("a stream passes through while it is written, with its usage", async () => {
  const { first } = await startTwoGateways();
  const stream = createOpenAIClient(first).chat.completions.stream({
    ...chatRequest("/slow 10ms\n/length 50"),
    stream_options: { include_usage: true },
  });
  let chunks = 0;
  stream.on("content", () => (chunks += 1));

  expect(await stream.finalContent()).toBe(Array.from({ length: 50 }, (_, i) => i + 1).join(" "));
  // Words that arrive in one read are one chunk.
  expect(chunks).toBeGreaterThan(5);
  expect(await stream.totalUsage()).toMatchObject({ completion_tokens: 50 });
});

test("client tools are called through both gateways, streamed and unstreamed", async () => {
  const { first } = await startTwoGateways();
  const add = zodFunction({
    name: "add",
    parameters: z.object({ a: z.number(), b: z.number() }),
    function: ({ a, b }) => String(a + b),
  });
  const now = zodFunction({ name: "now", parameters: z.object({}), function: () => "noon" });
  const { completions } = createOpenAIClient(first).chat;
  const body = { ...chatRequest('/tool add {"a": 2, "b": 40}\n/tool now'), tools: [add, now] };

  const reply = "add returned: 42\nnow returned: noon";
  expect(await completions.runTools(body).finalContent()).toBe(reply);
  expect(await completions.runTools({ ...body, stream: true }).finalContent()).toBe(reply);
});

test("thinking passes through, requested by effort or by the message, streamed and unstreamed", async () => {
  const { first } = await startTwoGateways();
  const { completions } = createOpenAIClient(first).chat;
  for (const reasoning of [wholeThoughts, streamedThoughts]) {
    expect(await reasoning(completions, chatRequest("/think Two and two."))).toBe("Two and two.");
    expect(await reasoning(completions, { ...chatRequest("say yes"), reasoning_effort: "high" })).toMatch(
      /\w/,
    );
    expect(await reasoning(completions, chatRequest("say yes"))).toBe("");
  }
});

test("a rate limit of the second reaches the caller, with its Retry-After, streamed and unstreamed", async () => {
  const { first } = await startTwoGateways();
  const { completions } = createOpenAIClient(first).chat;
  for (const stream of [false, true]) {
    const reply = completions.create({ ...chatRequest("/error 429 7"), stream });
    const error: unknown = await reply.then(() => undefined).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ status: 429, code: "rate_limit_exceeded" });
    expect((error as RateLimitError).headers.get("retry-after")).toBe("7");
  }
});

test("a key that the second rejects is a 502 for the caller", async () => {
  const { first, second } = await startTwoGateways("not-the-key-of-the-second");
  const reply = createOpenAIClient(first, { maxRetries: 2 }).chat.completions.create(chatRequest("hi"));
  const error: unknown = await reply.catch((thrown: unknown) => thrown);

  expect(error).toBeInstanceOf(InternalServerError);
  expect(error).toMatchObject({ status: 502, code: "upstream_auth" });
  expect(String(error)).not.toContain("not-the-key");
  expect(readOutcomes(first.log)).toEqual(["upstream_auth"]);
  expect(readOutcomes([second.output()])).toEqual([]);
});

test("a stream that breaks behind the second ends with an error frame and no [DONE]", async () => {
  const { first, second } = await startTwoGateways();
  const text = await (await postChat(first.url, createChatBody("/cut", { stream: true }))).text();

  expect(text).toContain('"content":"1"');
  expect(text.trim().split("\n\n").at(-1)).toMatch(/^data: \{"error":\{.*"type":"server_error"/);
  expect(text).not.toContain("[DONE]");
  await expect.poll(() => readOutcomes([second.output()])).toEqual(["upstream_protocol"]);
});

test("a second gateway that dies in the middle of a stream is an error frame, and then a 502", async () => {
  const { first, second } = await startTwoGateways();
  const reply = await postChat(first.url, createChatBody("/stall after 3", { stream: true }));
  await second.end("SIGKILL");
  const text = await reply.text();

  expect(text).toContain('"code":"upstream_protocol"');
  expect(text).not.toContain("[DONE]");
  const after = await postChat(first.url, createChatBody("hi"));
  expect(after.status).toBe(502);
  expect(await after.json()).toMatchObject({ error: { code: "upstream_unreachable" } });
});

test("the first word arrives before the last is generated, and a disconnect passes through", async () => {
  const { first, second } = await startTwoGateways();
  const { completions } = createOpenAIClient(first).chat;
  const stream = await completions.create({ ...chatRequest("/stall after 1"), stream: true });
  for await (const { choices } of stream) {
    if (choices[0]?.delta.content === "1") break;
  }

  const soon = { timeout: 2_000 };
  await expect.poll(() => readOutcomes(first.log), soon).toEqual(["aborted"]);
  await expect.poll(() => readOutcomes([second.output()]), soon).toEqual(["aborted"]);
});

type Completions = OpenAI["chat"]["completions"];

/** OpenAI has no field for thinking. The package passes it on untyped. */
interface Thoughtful {
  readonly reasoning_content?: string;
}

async function wholeThoughts(
  completions: Completions,
  body: OpenAI.ChatCompletionCreateParams,
): Promise<string> {
  const { choices } = await completions.create({ ...body, stream: false });
  return (choices[0]?.message as Thoughtful | undefined)?.reasoning_content ?? "";
}

async function streamedThoughts(
  completions: Completions,
  body: OpenAI.ChatCompletionCreateParams,
): Promise<string> {
  const chunks = await Array.fromAsync(await completions.create({ ...body, stream: true }));
  return chunks
    .map(({ choices }) => (choices[0]?.delta as Thoughtful | undefined)?.reasoning_content ?? "")
    .join("");
}
