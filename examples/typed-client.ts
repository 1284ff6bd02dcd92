/** Asks the gateway's default agent, and prints the reply as it is made. Takes the question from the command line. */
import { readFileSync } from "node:fs";
import { createClient } from "openclaw-gateway-client";

const tokenFile = new URL("../.openclaw/gateway-token", import.meta.url);
const client = createClient({
  baseUrl: process.env["GATEWAY_URL"] ?? "http://127.0.0.1:18789",
  token: process.env["GATEWAY_TOKEN"] ?? readFileSync(tokenFile, "utf8").trim(),
});

const content = process.argv[2] ?? "What are you?";
const stream = await client.chat.completions.create({
  model: "openclaw",
  messages: [{ role: "user", content }],
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "");
process.stdout.write("\n");
