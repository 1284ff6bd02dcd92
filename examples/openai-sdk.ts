/** Sends a message with the official `openai` package. Run: npx node examples/openai-sdk.ts "What can you do?" */
import { readFileSync } from "node:fs";
import OpenAI from "openai";

const baseURL = `${process.env["OPENCLAW_GATEWAY_URL"] ?? "http://127.0.0.1:18789"}/v1`;
const apiKey =
  process.env["OPENCLAW_GATEWAY_TOKEN"] ?? readFileSync(".openclaw/gateway-token", "utf8").trim();
const client = new OpenAI({ baseURL, apiKey });

const completion = await client.chat.completions.create({
  model: "openclaw",
  messages: [{ role: "user", content: process.argv[2] ?? "Who are you?" }],
});

console.log(completion.choices[0]?.message.content);
console.log(`${completion.usage?.total_tokens} tokens`);
