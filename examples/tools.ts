/** An agent that calls a function of yours, with the official `openai` package. Run it: npx node examples/tools.ts */
import { readFileSync } from "node:fs";
import OpenAI from "openai";
import { zodFunction } from "openai/helpers/zod";
import { z } from "zod";

const baseURL = `${process.env["OPENCLAW_GATEWAY_URL"] ?? "http://127.0.0.1:18789"}/v1`;
const apiKey =
  process.env["OPENCLAW_GATEWAY_TOKEN"] ?? readFileSync(".openclaw/gateway-token", "utf8").trim();
const client = new OpenAI({ baseURL, apiKey });

const weather = zodFunction({
  name: "get_weather",
  description: "The weather in a city, now.",
  parameters: z.object({ city: z.string() }),
  function: ({ city }) => `18 degrees and clear in ${city}`,
});

// With a language model behind the agent, any words will do. The embedded one is told exactly what to call.
const content = process.argv[2] ?? '/tool get_weather {"city": "Paris"}';
const run = client.chat.completions.runTools({
  model: "openclaw",
  messages: [{ role: "user", content }],
  tools: [weather],
});

console.log(await run.finalContent());
