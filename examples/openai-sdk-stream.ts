/** Streams a reply with the official `openai` package. Run: npx node examples/openai-sdk-stream.ts */
import { readFileSync } from "node:fs";
import OpenAI from "openai";

const baseURL = `${process.env["OPENCLAW_GATEWAY_URL"] ?? "http://127.0.0.1:18789"}/v1`;
const apiKey =
  process.env["OPENCLAW_GATEWAY_TOKEN"] ?? readFileSync(".openclaw/gateway-token", "utf8").trim();
const client = new OpenAI({ baseURL, apiKey });

const stream = await client.chat.completions.create({
  model: "openclaw",
  messages: [{ role: "user", content: process.argv[2] ?? "/slow 50ms One word after the other." }],
  stream: true,
});

// Leaving this loop early stops the agent. A failure during the stream is thrown here.
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "");
process.stdout.write("\n");
