/** An MCP server on stdin and stdout, in a process of its own. Its arguments say what is odd about it. */
import { setTimeout as sleep } from "node:timers/promises";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { note, toolServer } from "./mcp-tools.ts";

export type Oddity = "chatty" | "slow" | "stubborn" | "modern";

const [oddity, detail = "0"] = process.argv.slice(2) as [Oddity?, string?];

note(`started ${process.pid}`);
console.error(`hello from the server ${"x".repeat(300)}`);
if (oddity === "chatty") console.log(`A banner\n{"not": "a message"}\n\n${"y".repeat(300)}`);
if (oddity === "slow") await sleep(Number(detail));
if (oddity === "stubborn") {
  process.on("SIGTERM", () => note("asked to end"));
  setInterval(() => {}, 1000);
}
serveStdio(toolServer, { legacy: oddity === "modern" ? "reject" : "serve" });
