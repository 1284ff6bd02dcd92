/** Reads the client's tools, and their choice by way of the chat dialect. Anthropic's own tools are read by who runs them. */
import {
  isCustomTool,
  type MessagesTool,
  type MessagesToolChoice,
} from "../../../contracts/http/messages/tools.ts";
import type { ChatTool, ChatToolChoice } from "../../../contracts/http/chat/tools.ts";
import type { ToolDefinition } from "../../agent/types.ts";
import { shortenToolName } from "../../lib/tool-names.ts";
import { parseTools, type RequestTools } from "../chat/tools.ts";
import { readCacheControl } from "./cache-control.ts";
import { createUnsupportedError } from "./content-blocks.ts";
import { isUnsupportedTool, toClientTool } from "./typed-tools.ts";

interface ToolFields {
  readonly tools?: readonly MessagesTool[] | null | undefined;
  readonly tool_choice?: MessagesToolChoice | null | undefined;
}

export interface ParsedTools extends Pick<RequestTools, "definitions" | "choice"> {
  readonly allowsParallelCalls: boolean;
  readonly toClientName: (name: string) => string;
}

/** A tool that is deferred is offered once it is among the loaded ones. */
export function parseMessagesTools(
  { tools, tool_choice: choice }: ToolFields,
  loadedTools: ReadonlySet<string>,
): ParsedTools {
  const offered = (tools ?? []).flatMap((tool, index) => {
    const definition = toDefinition(tool, `tools[${index}]`, loadedTools);
    return definition === undefined ? [] : [{ definition, index }];
  });
  const fields = {
    tools: offered.map(({ definition }) => toChatTool(definition)),
    tool_choice: choice && toChatToolChoice(choice),
  };
  const { definitions, choice: parsedChoice } = parseTools(
    fields,
    (index) => `tools[${offered[index]?.index ?? index}]`,
  );
  const selected = new Set(definitions.map(({ name }) => name));
  const clientNames = new Map(
    (tools ?? []).flatMap(({ name }) => (name ? [[shortenToolName(name), name] as const] : [])),
  );
  return {
    definitions: offered.flatMap(({ definition }) => (selected.has(definition.name) ? [definition] : [])),
    choice: parsedChoice,
    allowsParallelCalls: !(
      choice &&
      "disable_parallel_tool_use" in choice &&
      choice.disable_parallel_tool_use
    ),
    toClientName: (name) => clientNames.get(name) ?? name,
  };
}

/** Returns undefined for a tool that the model is not offered. */
function toDefinition(
  tool: MessagesTool,
  param: string,
  loadedTools: ReadonlySet<string>,
): ToolDefinition | undefined {
  if (!isCustomTool(tool)) {
    if (isUnsupportedTool(tool.type))
      throw createUnsupportedError(
        param,
        `the tool ${tool.type.slice(0, 64)} is not supported; leave it out`,
      );
    const clientTool = toClientTool(tool);
    return (
      clientTool && {
        ...clientTool,
        cacheControl: readCacheControl(tool as { readonly cache_control?: never }),
      }
    );
  }
  const { name, description, input_schema: parameters, strict, defer_loading: isDeferred } = tool;
  if (isDeferred === true && !loadedTools.has(name)) return undefined;
  return {
    name: shortenToolName(name),
    description: description ?? undefined,
    parameters: parameters ?? undefined,
    strict: strict ?? undefined,
    cacheControl: readCacheControl(tool),
  };
}

const toChatTool = ({ name }: ToolDefinition): ChatTool => ({ type: "function", function: { name } });

function toChatToolChoice(choice: MessagesToolChoice): ChatToolChoice {
  if (choice.type === "any") return "required";
  if (choice.type !== "tool") return choice.type;
  return { type: "function", function: { name: shortenToolName(choice.name) } };
}
