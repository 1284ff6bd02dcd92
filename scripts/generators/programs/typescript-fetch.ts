/** Uses the client of openapi-generator's typescript-fetch. */
import {
  ChatApi,
  ChatCompletionChunkFromJSON,
  Configuration,
  ResponseError,
  ToolsApi,
  type ChatCompletionRequest,
} from "./client/index.ts";

const configuration = new Configuration({
  basePath: process.env["URL"] ?? "",
  accessToken: process.env["TOKEN"] ?? "",
});
const chat = new ChatApi(configuration);
const ask = (content: string, model = "openclaw"): ChatCompletionRequest => ({
  model,
  messages: [{ role: "user", content }],
});

const completion = await chat.createChatCompletion({ chatCompletionRequest: ask("say hello") });
console.log(`chat: ${completion.choices[0]?.message.content ?? ""}`);

try {
  await chat.createChatCompletion({ chatCompletionRequest: ask("hi", "openclaw:nobody") });
} catch (error) {
  if (!(error instanceof ResponseError)) throw error;
  const body = (await error.response.json()) as { readonly error: { readonly code: string } };
  console.log(`error: ${error.response.status} ${body.error.code}`);
}

const invocation = await new ToolsApi(configuration).invokeTool({
  invokeToolRequest: { tool: "exec", args: { command: "printf invoked" } },
});
const part = invocation.type === "result" ? invocation.result.content[0] : undefined;
console.log(`tool: ${part?.type === "text" ? part.text.trim() : ""}`);

const { raw } = await chat.createChatCompletionRaw({
  chatCompletionRequest: { ...ask("say one two three"), stream: true },
});
let text = "";
for (const line of (await raw.text()).split("\n")) {
  if (!line.startsWith("data: {")) continue;
  text += ChatCompletionChunkFromJSON(JSON.parse(line.slice(6))).choices[0]?.delta.content ?? "";
}
console.log(`stream: ${text}`);
