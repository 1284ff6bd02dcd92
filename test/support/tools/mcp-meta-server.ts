/** An MCP server on stdin and stdout whose only tool returns the `_meta` of its call. */
import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

serveStdio(
  () => {
    const server = new McpServer({ name: "meta", version: "1.0.0" });
    server.registerTool("meta", {}, (ctx) => ({
      content: [{ type: "text", text: JSON.stringify(ctx.mcpReq._meta ?? {}) }],
    }));
    return server;
  },
  { legacy: "serve" },
);
