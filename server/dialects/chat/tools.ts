/** Maps the caller's tools and `tool_choice` to a run. A custom tool becomes a function with one text parameter, for models without this kind. */
import type { ChatCompletionRequest } from "../../../contracts/http/chat/request.ts";
import { customParameters } from "../../agent/custom-tools.ts";
import type { CustomGrammar, ToolChoice, ToolDefinition } from "../../agent/types.ts";
import { GatewayError } from "../../lib/errors.ts";

export interface RequestTools {
  readonly definitions: readonly ToolDefinition[];
  /** Names of the tools that the caller declared as `custom`. */
  readonly custom: ReadonlySet<string>;
  readonly choice: ToolChoice;
}

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
    const { name, description, format } = tool.custom;
    const grammar = readGrammar(format);
    return {
      name,
      description: describeInput(description, grammar),
      parameters: customParameters,
      native: { kind: "custom", description: description ?? undefined, grammar },
    };
  }
  return undefined;
}

type CustomFormat = Readonly<Record<string, unknown>> | null | undefined;

/** Chat completions have the grammar in `format.grammar`, responses in `format`. */
function readGrammar(format: CustomFormat): CustomGrammar | undefined {
  const { syntax, definition } = { ...format, ...(format?.["grammar"] as CustomFormat) };
  if (format?.["type"] !== "grammar" || typeof definition !== "string") return undefined;
  return { syntax: typeof syntax === "string" ? syntax : undefined, definition };
}

/** A function's argument is not held to a grammar, so the description has it. */
function describeInput(
  description: string | null | undefined,
  grammar: CustomGrammar | undefined,
): string | undefined {
  if (grammar === undefined) return description ?? undefined;
  const name = grammar.syntax === undefined ? "" : ` (${grammar.syntax})`;
  return [description, `The input must match this grammar${name}:\n${grammar.definition}`]
    .filter(Boolean)
    .join("\n\n");
}

function createToolError(param: string, reason: string): GatewayError {
  return new GatewayError("invalid_value", `${param}: ${reason}`, { param });
}
