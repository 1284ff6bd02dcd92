/** Uses the fetch client of orval. It has no base URL: the program puts one before each path. */
import { createChatCompletion, invokeTool, type ChatCompletionRequest } from "./client/api.ts";

const fetchPath = globalThis.fetch;
globalThis.fetch = (path, init) => fetchPath(`${process.env["URL"] ?? ""}${String(path)}`, init);
const options = { headers: { authorization: `Bearer ${process.env["TOKEN"] ?? ""}` } };
const ask = (content: string, model = "openclaw"): ChatCompletionRequest => ({
  model,
  messages: [{ role: "user", content }],
});

const chat = await createChatCompletion(ask("say hello"), options);
const choice = chat.status === 200 && "choices" in chat.data ? chat.data.choices[0] : undefined;
console.log(`chat: ${(choice && "message" in choice && choice.message.content) || ""}`);

const failed = await createChatCompletion(ask("hi", "openclaw:nobody"), options);
console.log(`error: ${failed.status} ${failed.status === 404 ? failed.data.error.code : ""}`);

const tool = await invokeTool({ tool: "exec", args: { command: "printf invoked" } }, options);
const part = tool.status === 200 && tool.data.type === "result" ? tool.data.result.content[0] : undefined;
console.log(`tool: ${part?.type === "text" ? part.text.trim() : ""}`);
