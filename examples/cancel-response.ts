/** Cancels a background response while it streams. Run: npx node examples/cancel-response.ts */
import { readFileSync } from "node:fs";
import { createClient, isGatewayError, outputText } from "openclaw-gateway-client";

const { responses } = createClient({
  baseUrl: process.env["OPENCLAW_GATEWAY_URL"] ?? "http://127.0.0.1:18789",
  token: process.env["OPENCLAW_GATEWAY_TOKEN"] ?? readFileSync(".openclaw/gateway-token", "utf8").trim(),
});

const input = "/slow 50ms\n/length 10000";
const stream = await responses.create({ model: "openclaw", input, background: true, stream: true });

let id = "";
let text = "";
let isCancelled = false;
try {
  for await (const event of stream) {
    if (event.type === "response.created") id = event.response.id;
    if (event.type !== "response.output_text.delta") continue;
    process.stdout.write(event.delta);
    text += event.delta;
    if (isCancelled || !text.includes(" 10")) continue;
    isCancelled = true;
    await responses.cancel(id);
  }
} catch (error) {
  // A cancelled response is incomplete, so the stream throws.
  if (!isGatewayError(error) || error.code !== "run_aborted") throw error;
}

const response = await responses.retrieve(id);
console.log(`\n${response.status}, the output so far is kept: ${outputText(response)}`);
