/** The tools of the MCP servers that tests start. They write to a journal, which the test reads. */
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { McpServer, type CallToolResult } from "@modelcontextprotocol/server";
import { z } from "zod";

/** A red dot. */
export const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

/** Appends a line to the file that JOURNAL names, if it is set. */
export function appendToJournal(line: string): void {
  const file = process.env["JOURNAL"];
  if (file !== undefined) appendFileSync(file, `${line}\n`);
}

const textResult = (text: string): CallToolResult => ({ content: [{ type: "text", text }] });

export function createToolServer(): McpServer {
  const server = new McpServer({ name: "test-tools", version: "1.0.0" });

  const echoTool = server.registerTool(
    "echo",
    { description: "Repeats a text.", inputSchema: z.object({ text: z.string().max(100) }) },
    ({ text }) => textResult(text),
  );
  server.registerTool("search.code", { description: "A name that few providers take." }, () =>
    textResult("found"),
  );
  server.registerTool("picture", {}, () => ({
    content: [
      { type: "text", text: "A dot:" },
      { type: "image", data: png, mimeType: "image/jpeg" },
      { type: "image", data: btoa("<svg/>"), mimeType: "image/svg+xml" },
    ],
  }));
  server.registerTool("shelf", {}, () => ({
    content: [
      { type: "resource", resource: { uri: "note://1", text: "Buy milk." } },
      { type: "resource", resource: { uri: "note://2", blob: "AAAA", mimeType: "application/pdf" } },
      { type: "resource_link", uri: "note://3", name: "third" },
      { type: "audio", data: "AAAA", mimeType: "audio/wav" },
    ],
  }));
  server.registerTool("weather", { outputSchema: z.object({ degrees: z.number() }) }, () => ({
    content: [],
    structuredContent: { degrees: 21 },
  }));
  server.registerTool("refuse", {}, () => {
    throw new Error("There is no such city.");
  });
  server.registerTool("environment", {}, () => textResult(JSON.stringify(process.env)));
  server.registerTool("wait", {}, async (ctx) => {
    appendToJournal("waiting");
    const { signal } = ctx.mcpReq;
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    appendToJournal("cancelled");
    return textResult("too late");
  });
  server.registerTool("crash", {}, () => process.exit(3));
  server.registerTool("grow", {}, () => {
    server.registerTool("grown", {}, () => textResult("new"));
    echoTool.remove();
    return textResult("done");
  });
  server.registerTool("helpers", {}, () => {
    // Only on Linux can processes that leave the group be found.
    const detachedOptions = process.platform === "linux" ? [false, true] : [false];
    const children = detachedOptions.map((detached) =>
      spawn("sleep", ["1000"], { stdio: "inherit", detached }),
    );
    return textResult(children.map(({ pid }) => pid).join(" "));
  });
  return server;
}
