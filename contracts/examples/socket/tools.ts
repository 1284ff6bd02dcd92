/** Examples of the methods about tools. */
import { methodExamples } from "../../socket/method.ts";
import { mcpList, toolsCatalog, toolsEffective, toolsInvoke } from "../../socket/tools.ts";

export const catalogExamples = methodExamples(toolsCatalog, [
  {
    title: "One of the tools",
    params: {},
    excerpt: true,
    result: {
      agentId: "main",
      tools: [
        {
          name: "write",
          description:
            "Writes a whole text file and creates its missing parent folders. Earlier content of the file is lost: to change a part of it, use `edit` or `apply_patch`.",
          source: "gateway",
          parameters: { type: "object", required: ["path", "content"] },
        },
      ],
    },
  },
  {
    title: "The tools of an agent that does not exist",
    params: { agentId: "poet" },
    error: { code: "model_not_found", message: 'No agent "poet". Agents: main, coder.', param: "agentId" },
  },
]);

export const mcpExamples = methodExamples(mcpList, [
  { title: "No servers", params: {}, result: { servers: [] } },
]);

const by = "agents.list[1].tools.deny";

export const effectiveExamples = methodExamples(toolsEffective, [
  {
    title: "A tool that is denied to one agent",
    params: { sessionKey: "agent:coder:review" },
    excerpt: true,
    result: {
      agentId: "coder",
      model: "builtin/assistant",
      tools: [
        { name: "read", allowed: true },
        {
          name: "web_fetch",
          allowed: false,
          by,
          message: `web_fetch is denied by ${by}; to allow it, take "web_fetch" out of ${by}.`,
        },
      ],
    },
  },
]);

export const invokeExamples = methodExamples(toolsInvoke, [
  {
    title: "The sessions that there are",
    params: { name: "sessions_list", idempotencyKey: "call-1" },
    result: {
      ok: true,
      toolName: "sessions_list",
      output: { content: [{ type: "text", text: "No sessions." }], details: { sessions: [] } },
    },
  },
  {
    title: "A tool that is denied",
    params: { name: "write", args: { path: "notes.md", content: "" }, idempotencyKey: "call-1" },
    error: {
      code: "tool_denied",
      message: 'write is denied over the socket by default; to allow it, add "write" to gateway.tools.allow.',
      param: "tool",
    },
  },
  {
    title: "A tool that does not exist",
    params: { name: "exce", idempotencyKey: "call-1" },
    error: {
      code: "tool_not_found",
      message: 'There is no tool "exce". Did you mean "exec"?',
      param: "tool",
    },
  },
  {
    title: "A tool that fails",
    params: { name: "read", args: { path: "missing.txt" }, idempotencyKey: "call-1" },
    error: { code: "tool_error", message: "missing.txt does not exist." },
  },
  {
    title: "A key that stands for another call",
    before: [
      {
        method: "tools.invoke",
        params: { name: "exec", args: { command: "echo 1" }, idempotencyKey: "call-1" },
      },
    ],
    params: { name: "exec", args: { command: "echo 2" }, idempotencyKey: "call-1" },
    error: {
      code: "idempotency_mismatch",
      message: "idempotencyKey: this key belongs to another request; use a new key for a new request.",
      param: "idempotencyKey",
    },
  },
]);
