/** Examples of the methods about agents and tools. */
import { agentIdentity, agentsList, modelsList } from "../../socket/agents.ts";
import { methodExamples } from "../../socket/method.ts";
import { toolsInvoke } from "../../socket/tools.ts";

const model = { primary: "builtin/assistant", fallbacks: [] };

export const agentListExamples = methodExamples(agentsList, [
  {
    title: "Two agents",
    params: {},
    result: {
      defaultId: "main",
      mainKey: "main",
      scope: "per-sender",
      agents: [
        { id: "main", model },
        { id: "coder", model },
      ],
    },
  },
]);

export const identityExamples = methodExamples(agentIdentity, [
  {
    title: "The agent of a session",
    params: { sessionKey: "agent:coder:review" },
    result: { agentId: "coder" },
  },
  {
    title: "An agent that does not exist",
    params: { agentId: "poet" },
    error: { code: "model_not_found", message: 'No agent "poet". Agents: main, coder.', param: "agentId" },
  },
  {
    title: "A key of another agent",
    params: { agentId: "main", sessionKey: "agent:coder:review" },
    error: {
      code: "invalid_session_key",
      message:
        'sessionKey: the key is of the agent "coder", the request goes to "main"; send one of the two, or the same in both',
      param: "sessionKey",
    },
  },
]);

export const modelListExamples = methodExamples(modelsList, [
  {
    title: "One model",
    params: {},
    result: { models: [{ id: "builtin/assistant", name: "assistant", provider: "builtin" }] },
  },
]);

export const invokeExamples = methodExamples(toolsInvoke, [
  {
    title: "The sessions that there are",
    params: { name: "sessions_list", idempotencyKey: "call-1" },
    result: {
      ok: true,
      toolName: "sessions_list",
      output: { content: [{ type: "text", text: "No session." }], details: { sessions: [] } },
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
      message: "idempotencyKey: it stands for another request; choose a new one for a new request.",
      param: "idempotencyKey",
    },
  },
]);
