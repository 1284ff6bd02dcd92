/** A conversation with a real model in the gateway's process, through the official SDK. */
import type OpenAI from "openai";
import { expect, test } from "vitest";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { chatConfig } from "../support/gateway/gateway.ts";
import { ggufFile } from "../support/providers/gguf.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";

const minutes = 60_000;

test.skipIf(ggufFile === undefined)(
  "a model file replies, streamed and unstreamed, remembers, follows a schema, and stops when aborted (needs OPENCLAW_TEST_GGUF=<file> and the package node-llama-cpp)",
  { timeout: 10 * minutes },
  async () => {
    const path = ggufFile ?? "";
    const gateway = await startGatewayProcess({
      config: {
        ...chatConfig,
        models: {
          providers: {
            local: { api: "llama", models: [{ id: "tiny", path, contextWindow: 2_048, gpu: false }] },
          },
        },
        agents: {
          defaults: { model: "local/tiny", thinkingDefault: "off" },
          list: [{ id: "main", tools: { deny: ["*"] } }],
        },
      },
    });
    const client = createOpenAIClient(gateway, { timeout: 5 * minutes });
    const request = { model: "openclaw", max_tokens: 24, seed: 1, temperature: 0 };
    const headers = { "x-openclaw-session-key": "conversation" };

    const stream = await client.chat.completions.create(
      {
        ...request,
        messages: [{ role: "user", content: "My name is Ada." }],
        stream: true,
        stream_options: { include_usage: true },
      },
      { headers },
    );
    let chunkCount = 0;
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) chunkCount += 1;
      usage = chunk.usage ?? usage;
    }
    expect(chunkCount).toBeGreaterThan(3);
    expect(usage?.completion_tokens).toBeGreaterThan(3);

    const second = await client.chat.completions.create(
      { ...request, messages: [{ role: "user", content: "What is my name?" }] },
      { headers },
    );
    expect(second.choices[0]?.message.content).toMatch(/\w/);
    // The second prompt contains the first question and its reply, which the engine has already evaluated.
    expect(second.usage?.prompt_tokens).toBeGreaterThan((usage?.prompt_tokens ?? 0) + chunkCount);
    expect(second.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThan(chunkCount);

    const schema = {
      type: "object",
      properties: { name: { type: "string" }, age: { type: "integer" } },
      required: ["name", "age"],
      additionalProperties: false,
    };
    const formatted = await client.chat.completions.create({
      ...request,
      max_tokens: 64,
      messages: [{ role: "user", content: "Ada is 36 years old." }],
      response_format: { type: "json_schema", json_schema: { name: "person", strict: true, schema } },
    });
    expect(JSON.parse(formatted.choices[0]?.message.content ?? "")).toEqual({
      name: expect.any(String) as string,
      age: expect.any(Number) as number,
    });

    const forced = await client.chat.completions.create({
      ...request,
      max_tokens: 64,
      messages: [{ role: "user", content: "What is the weather in Rome?" }],
      tools: [
        {
          type: "function",
          function: {
            name: "weather",
            parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
          },
        },
      ],
      tool_choice: "required",
    });
    const [call] = forced.choices[0]?.message.tool_calls ?? [];
    expect(call).toMatchObject({ function: { name: "weather" } });

    const abandonedStream = await client.chat.completions.create({
      ...request,
      max_tokens: 1_000,
      messages: [{ role: "user", content: "Count from one to a thousand." }],
      stream: true,
    });
    for await (const _ of abandonedStream) break;
    await expect.poll(gateway.output, { timeout: minutes }).toContain('"outcome":"aborted"');
    expect(await gateway.end("SIGTERM")).toBe(0);
  },
);
