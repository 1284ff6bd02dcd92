/** Examples of POST /tools/invoke, with `write` in `gateway.tools.allow`. */
import { examplesFor } from "../endpoint.ts";
import { invokeTool } from "../http/tools.ts";

const command = { command: "ls -la" };
const denial = 'bash is denied over HTTP by default; to allow it, add "exec" to gateway.tools.allow.';

export const tools = examplesFor(
  invokeTool,
  [
    {
      title: "Write a file",
      request: { body: { tool: "write", args: { path: "hello.py", content: "print(42)\n" } } },
      reply: {
        ok: true,
        type: "result",
        result: { content: [{ type: "text", text: "Wrote 10 bytes to hello.py, a new file." }] },
      },
    },
    {
      title: "A tool that is denied",
      replyHeaders: { "x-openclaw-agent-id": "main" },
      request: { body: { tool: "bash", action: "run", args: command } },
      error: { code: "tool_denied", message: denial, param: "tool" },
    },
    {
      title: "A dry run",
      request: { body: { tool: "bash", action: "run", args: command, dryRun: true } },
      reply: {
        ok: true,
        type: "decision",
        dryRun: true,
        decision: { allowed: false, by: "gateway.tools.allow", message: denial },
      },
    },
    {
      title: "A tool that does not exist",
      replyHeaders: { "x-openclaw-agent-id": "main" },
      request: { body: { tool: "raed", args: { path: "hello.py" } } },
      error: {
        code: "tool_not_found",
        message: 'There is no tool "raed". Did you mean "read"?',
        param: "tool",
      },
    },
    {
      title: "An argument that is missing",
      replyHeaders: { "x-openclaw-agent-id": "main" },
      request: { body: { tool: "write", args: { path: "hello.py" } } },
      error: {
        code: "missing_required_parameter",
        message: "args.content: is required",
        param: "args.content",
      },
    },
    {
      title: "A tool that fails",
      replyHeaders: { "x-openclaw-agent-id": "main" },
      request: { body: { tool: "read", args: { path: "missing.txt" } } },
      error: { code: "tool_error", message: "missing.txt does not exist.", param: null },
    },
  ],
  { "x-openclaw-agent-id": "main" },
);
