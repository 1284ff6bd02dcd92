/** The caller's tools as a run takes them: custom tools as functions with one text, and the choice among them. */
import type { ChatCompletionRequest } from "../../../contracts/http/chat/request.ts";
import type { ToolChoice, ToolDefinition } from "../../agent/types.ts";
import { GatewayError } from "../../errors.ts";

export interface OfferedTools {
  readonly definitions: readonly ToolDefinition[];
  /** Names of those that came as `custom`. */
  readonly custom: ReadonlySet<string>;
  readonly choice: ToolChoice;
}

const customParameters = {
  type: "object",
  properties: { input: { type: "string" } },
  required: ["input"],
  additionalProperties: false,
} as const;

type Asked = Pick<ChatCompletionRequest, "tools" | "tool_choice">;

/** Throws a 400 for a choice that the tools cannot satisfy, and for two tools of one name; `place` says where one is. */
export function readTools(
  { tools, tool_choice: choice }: Asked,
  place = (index: number): string => `tools[${index}]`,
): OfferedTools {
  const definitions = new Map<string, ToolDefinition>();
  const custom = new Set<string>();
  for (const [index, tool] of (tools ?? []).entries()) {
    const definition = definitionOf(tool);
    if (definition === undefined) continue;
    const { name } = definition;
    if (definitions.has(name)) throw badTools(place(index), `there is another tool named "${name}"`);
    definitions.set(name, definition);
    if ("custom" in tool) custom.add(name);
  }
  const need = (name: string): string => {
    if (definitions.has(name)) return name;
    const offered =
      definitions.size === 0 ? "there are no tools" : `the tools are ${[...definitions.keys()].join(", ")}`;
    throw badTools("tool_choice", `there is no tool named "${name}"; ${offered}`);
  };
  const all = [...definitions.values()];
  const checked = (mode: "auto" | "none" | "required", offered: readonly ToolDefinition[]): OfferedTools => {
    if (mode === "required" && offered.length === 0)
      throw badTools("tool_choice", "a call is required and there are no tools");
    return { definitions: offered, custom, choice: mode };
  };

  if (choice === null || choice === undefined) return checked("auto", all);
  if (typeof choice === "string") return checked(choice, all);
  if (choice.type === "function")
    return { definitions: all, custom, choice: { name: need(choice.function.name) } };
  if (choice.type === "custom")
    return { definitions: all, custom, choice: { name: need(choice.custom.name) } };
  const { mode, tools: allowed } = choice.allowed_tools;
  const names = new Set(
    allowed.map((tool) => need(tool.type === "function" ? tool.function.name : tool.custom.name)),
  );
  return checked(
    mode,
    all.filter(({ name }) => names.has(name)),
  );
}

type ChatTool = NonNullable<ChatCompletionRequest["tools"]>[number];

function definitionOf(tool: ChatTool): ToolDefinition | undefined {
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
    const { name, description } = tool.custom;
    return { name, description: description ?? undefined, parameters: customParameters };
  }
  return undefined;
}

/** The text for a custom tool, out of the arguments that the model wrote for the function it saw. */
export function customInput(argumentsText: string): string {
  try {
    const { input } = JSON.parse(argumentsText) as { readonly input?: unknown };
    return typeof input === "string" ? input : argumentsText;
  } catch {
    return argumentsText;
  }
}

/** The other way round, for a custom call that comes back in the conversation. */
export function customArguments(input: string): string {
  return JSON.stringify({ input });
}

function badTools(param: string, reason: string): GatewayError {
  return new GatewayError("invalid_value", `${param}: ${reason}`, { param });
}
