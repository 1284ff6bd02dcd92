/** A hand-written MCP server on stdin and stdout: nothing corrects what it sends. `TOOLS` and `RESULT` are JSON. */
import { createInterface } from "node:readline";

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly protocolVersion?: string };
}

const page = JSON.parse(process.env["TOOLS"] ?? "{}") as object;
const result: unknown = JSON.parse(process.env["RESULT"] ?? "{}");

function answer({ method, params }: Message): unknown {
  if (method === "initialize") {
    const serverInfo = { name: "odd", version: "1" };
    return { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo };
  }
  return method === "tools/list" ? page : result;
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line) as Message;
  if (message.id === undefined) return;
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id: message.id, result: answer(message) })}\n`);
});
