/** Maps the caller's tools and `tool_choice` to a run. A custom tool becomes a function with one text parameter. */
import type { ChatCompletionRequest } from "../../../contracts/http/chat/request.ts";
import type { ToolChoice, ToolDefinition } from "../../agent/types.ts";
import { GatewayError } from "../../lib/errors.ts";

export interface RequestTools {
  readonly definitions: readonly ToolDefinition[];
  /** Names of the tools that the caller declared as `custom`. */
  readonly custom: ReadonlySet<string>;
  readonly choice: ToolChoice;
}

const customParameters = {
  type: "object",
  properties: { input: { type: "string" } },
  required: ["input"],
  additionalProperties: false,
} as const;

type ToolFields = Pick<ChatCompletionRequest, "tools" | "tool_choice">;

/** Throws a 400 for a choice that the tools cannot satisfy and for duplicate names. `formatParam` names a tool's field. */
export function parseTools(
  { tools, tool_choice: choice }: ToolFields,
  formatParam = (index: number): string => `tools[${index}]`,
): RequestTools {
  const definitions = new Map<string, ToolDefinition>();
  const custom = new Set<string>();
  for (const [index, tool] of (tools ?? []).entries()) {
    const definition = toToolDefinition(tool);
    if (definition === undefined) continue;
    const { name } = definition;
    if (definitions.has(name))
      throw createToolError(formatParam(index), `there is another tool named "${name}"`);
    definitions.set(name, definition);
    if ("custom" in tool) custom.add(name);
  }
  const requireTool = (name: string): string => {
    if (definitions.has(name)) return name;
    const available =
      definitions.size === 0 ? "there are no tools" : `the tools are ${[...definitions.keys()].join(", ")}`;
    throw createToolError("tool_choice", `there is no tool named "${name}"; ${available}`);
  };
  const all = [...definitions.values()];
  const resolveChoice = (
    mode: "auto" | "none" | "required",
    selected: readonly ToolDefinition[],
  ): RequestTools => {
    if (mode === "required" && selected.length === 0)
      throw createToolError("tool_choice", "a call is required but there are no tools");
    return { definitions: selected, custom, choice: mode };
  };

  if (choice === null || choice === undefined) return resolveChoice("auto", all);
  if (typeof choice === "string") return resolveChoice(choice, all);
  if (choice.type === "function")
    return { definitions: all, custom, choice: { name: requireTool(choice.function.name) } };
  if (choice.type === "custom")
    return { definitions: all, custom, choice: { name: requireTool(choice.custom.name) } };
  const { mode, tools: allowed } = choice.allowed_tools;
  const names = new Set(
    allowed.map((tool) => requireTool(tool.type === "function" ? tool.function.name : tool.custom.name)),
  );
  return resolveChoice(
    mode,
    all.filter(({ name }) => names.has(name)),
  );
}

type ChatTool = NonNullable<ChatCompletionRequest["tools"]>[number];

function toToolDefinition(tool: ChatTool): ToolDefinition | undefined {
  if ("function" in tool) {
    const { name, description, parameters, strict } = tool.function;
    return {
      name,
      description: description ?? undefined,
      parameters: parameters ?? undefined,
      strict: strict ?? undefined,
    };
  }
  if ("custom" in tool) {
    const { name } = tool.custom;
    return { name, description: describeInput(tool.custom), parameters: customParameters };
  }
  return undefined;
}

interface Grammar {
  readonly type?: unknown;
  readonly syntax?: unknown;
  readonly definition?: unknown;
}

/**
 * Models write the input into a function's argument, where no provider enforces a grammar: the description has it. Chat
 * completions have it in `format.grammar`, responses in `format`.
 */
function describeInput({
  description,
  format,
}: {
  readonly description?: string | null | undefined;
  readonly format?: (Grammar & { readonly grammar?: unknown }) | null | undefined;
}): string | undefined {
  const { syntax, definition } = { ...format, ...(format?.grammar as Grammar | undefined) };
  if (format?.type !== "grammar" || typeof definition !== "string") return description ?? undefined;
  const name = typeof syntax === "string" ? ` (${syntax})` : "";
  return [description, `The input must match this grammar${name}:\n${definition}`]
    .filter(Boolean)
    .join("\n\n");
}

/** Returns the text of a custom tool call from the function arguments that the model wrote. */
export function unwrapCustomInput(argumentsText: string): string {
  try {
    const { input } = JSON.parse(argumentsText) as { readonly input?: unknown };
    return typeof input === "string" ? input : argumentsText;
  } catch {
    return argumentsText;
  }
}

/** Returns the function arguments of a custom tool call in the conversation. */
export function wrapCustomInput(input: string): string {
  return JSON.stringify({ input });
}

function createToolError(param: string, reason: string): GatewayError {
  return new GatewayError("invalid_value", `${param}: ${reason}`, { param });
}
