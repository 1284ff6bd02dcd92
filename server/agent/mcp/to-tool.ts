/** Converts a tool from an MCP server's list to a tool of the agent. */
import type { TraceContext } from "../../lib/trace-context.ts";
import type { Issue } from "../../lib/zod-issues.ts";
import type { Tool, ToolOutput } from "../types.ts";
import type { ListedTool } from "./listed-tool.ts";

export type CallMcpTool = (
  tool: string,
  args: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  trace: TraceContext | undefined,
) => Promise<ToolOutput>;

export function toTool(name: string, listed: ListedTool, call: CallMcpTool): Tool {
  const { description, parameters } = listed;
  const required = (parameters["required"] ?? []) as readonly string[];
  return {
    name,
    description,
    parameters,
    check: (args) => validateArguments(args, required),
    run: (args, { signal, trace }) => call(listed.name, isObject(args) ? args : {}, signal, trace),
  };
}

/** Checks only for an object and its required keys; the server checks the rest. */
function validateArguments(args: unknown, required: readonly string[]): readonly Issue[] {
  if (!isObject(args)) return [{ path: [], kind: "type", message: "expected object" }];
  return required
    .filter((key) => args[key] === undefined)
    .map((key) => ({ path: [key], kind: "missing", message: "is required" }));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
