/** Uses the client of @hey-api/openapi-ts. */
import { client } from "./client/client.gen.ts";
import {
  createChatCompletion,
  invokeTool,
  type ChatCompletionChunk,
  type ChatCompletionRequest,
} from "./client/index.ts";

client.setConfig({ baseUrl: process.env["URL"] ?? "", auth: process.env["TOKEN"] ?? "" });
const ask = (content: string, model = "openclaw"): ChatCompletionRequest => ({
  model,
  messages: [{ role: "user", content }],
});

const chat = await createChatCompletion({ body: ask("say hello") });
// The response is a completion or, for a stream, chunks.
const choice = chat.data?.choices[0];
console.log(`chat: ${(choice && "message" in choice && choice.message.content) || ""}`);

const failed = await createChatCompletion({ body: ask("hi", "openclaw:nobody") });
console.log(`error: ${failed.response?.status ?? 0} ${failed.error?.error.code ?? ""}`);

const tool = await invokeTool({ body: { tool: "exec", args: { command: "printf invoked" } } });
const part = tool.data?.type === "result" ? tool.data.result.content[0] : undefined;
console.log(`tool: ${part?.type === "text" ? part.text.trim() : ""}`);

const stream = await createChatCompletion({
  body: { ...ask("say one two three"), stream: true },
  parseAs: "stream",
});
let text = "";
for (const line of (await new Response(stream.data as unknown as ReadableStream).text()).split("\n")) {
  if (!line.startsWith("data: {")) continue;
  const chunk = JSON.parse(line.slice(6)) as ChatCompletionChunk;
  text += chunk.choices[0]?.delta.content ?? "";
}
console.log(`stream: ${text}`);
