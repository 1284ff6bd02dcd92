/** A tool as its server lists it, as one of the agent's own. */
import type { Tool as ListedTool } from "@modelcontextprotocol/client";
import type { Issue } from "../../issues.ts";
import type { Tool, ToolOutput } from "../types.ts";

export type CallMcpTool = (
  tool: string,
  args: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
) => Promise<ToolOutput>;

export function toTool(name: string, listed: ListedTool, call: CallMcpTool): Tool {
  const { $schema: _, ...parameters } = listed.inputSchema;
  const required = listed.inputSchema.required ?? [];
  return {
    name,
    description: listed.description ?? listed.title ?? listed.name,
    parameters,
    check: (args) => findIssues(args, required),
    run: (args, { signal }) => call(listed.name, isObject(args) ? args : {}, signal),
  };
}

/** What can be told without the server; it checks the rest itself. */
function findIssues(args: unknown, required: readonly string[]): readonly Issue[] {
  if (!isObject(args)) return [{ path: [], kind: "type", message: "expected object" }];
  return required
    .filter((key) => args[key] === undefined)
    .map((key) => ({ path: [key], kind: "missing", message: "is required" }));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
