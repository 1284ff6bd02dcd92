/** Sends a message to the default agent and prints the reply as it streams. Run: npx node examples/typed-client.ts "Who are you?" */
import { readFileSync } from "node:fs";
import { createClient } from "openclaw-gateway-client";

const client = createClient({
  baseUrl: process.env["OPENCLAW_GATEWAY_URL"] ?? "http://127.0.0.1:18789",
  token: process.env["OPENCLAW_GATEWAY_TOKEN"] ?? readFileSync(".openclaw/gateway-token", "utf8").trim(),
});

const content = process.argv[2] ?? "What are you?";
const stream = await client.chat.completions.create({
  model: "openclaw",
  messages: [{ role: "user", content }],
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "");
process.stdout.write("\n");
