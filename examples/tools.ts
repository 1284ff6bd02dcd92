/** Lets an agent call your function, with the official `openai` package. Run: npx node examples/tools.ts */
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

// A real language model decides by itself when to call the function. The embedded one needs an explicit command.
const content = process.argv[2] ?? '/tool get_weather {"city": "Paris"}';
const run = client.chat.completions.runTools({
  model: "openclaw",
  messages: [{ role: "user", content }],
  tools: [weather],
});

console.log(await run.finalContent());
