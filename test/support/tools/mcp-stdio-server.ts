/** An MCP server on stdin and stdout in its own process. Its arguments choose a behavior. */
import { setTimeout as sleep } from "node:timers/promises";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { appendToJournal, createToolServer } from "./mcp-tools.ts";

export type Behavior = "chatty" | "slow" | "stubborn" | "modern";

const [behavior, detail = "0"] = process.argv.slice(2) as [Behavior?, string?];

appendToJournal(`started ${process.pid}`);
console.error(`hello from the server ${"x".repeat(300)}`);
if (behavior === "chatty") console.log(`A banner\n{"not": "a message"}\n\n${"y".repeat(300)}`);
if (behavior === "slow") await sleep(Number(detail));
if (behavior === "stubborn") {
  process.on("SIGTERM", () => appendToJournal("asked to end"));
  setInterval(() => {}, 1000);
}
serveStdio(createToolServer, { legacy: behavior === "modern" ? "reject" : "serve" });
