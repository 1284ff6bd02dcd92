/** Uses the types of openapi-typescript with openapi-fetch. */
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.ts";

const client = createClient<paths>({
  baseUrl: process.env["URL"] ?? "",
  headers: { authorization: `Bearer ${process.env["TOKEN"] ?? ""}` },
});
const ask = (content: string, model = "openclaw") =>
  ({ model, messages: [{ role: "user", content }] }) satisfies components["schemas"]["ChatCompletionRequest"];

const chat = await client.POST("/v1/chat/completions", { body: ask("say hello") });
// The response is a completion or, for a stream, chunks.
const choice = chat.data?.choices[0];
console.log(`chat: ${(choice && "message" in choice && choice.message.content) || ""}`);

const failed = await client.POST("/v1/chat/completions", { body: ask("hi", "openclaw:nobody") });
console.log(`error: ${failed.response.status} ${failed.error?.error.code ?? ""}`);

const tool = await client.POST("/tools/invoke", {
  body: { tool: "exec", args: { command: "printf invoked" } },
});
const part = tool.data?.type === "result" ? tool.data.result.content[0] : undefined;
console.log(`tool: ${part?.type === "text" ? part.text.trim() : ""}`);

const { data } = await client.POST("/v1/chat/completions", {
  body: { ...ask("say one two three"), stream: true },
  parseAs: "stream",
});
let text = "";
for (const line of (await new Response(data as ReadableStream | null).text()).split("\n")) {
  if (!line.startsWith("data: {")) continue;
  const chunk = JSON.parse(line.slice(6)) as components["schemas"]["ChatCompletionChunk"];
  text += chunk.choices[0]?.delta.content ?? "";
}
console.log(`stream: ${text}`);
