/** Parses the client's tools by way of the chat dialect, and echoes them in the response. */
import type { ChatTool, ChatToolChoice } from "../../../contracts/http/chat/tools.ts";
import type { ResponseRequest } from "../../../contracts/http/responses/request.ts";
import {
  toolSearchName,
  type EchoedToolChoice,
  type EchoedTool,
  type ResponseTool,
  type ResponseToolChoice,
} from "../../../contracts/http/responses/tools.ts";
import { GatewayError } from "../../lib/errors.ts";
import { toMcpToolName } from "../../lib/tool-names.ts";
import type { AdditionalTool } from "./settings.ts";
import { parseTools, type RequestTools } from "../chat/tools.ts";

/** Clients know a tool in a namespace by two names; the model sees one. */
export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}

interface ClientToolName {
  readonly namespace?: string | null | undefined;
  readonly name: string;
}

type ToolParams = Pick<ResponseRequest, "tools" | "tool_choice">;
type KnownTool = Extract<ResponseTool, { type: "function" | "custom"; name: string }>;
type Namespace = Extract<ResponseTool, { type: "namespace"; tools: unknown[] }>;
type ToolSearch = Extract<ResponseTool, { type: typeof toolSearchName }>;
type NamedChoice = Extract<Exclude<EchoedToolChoice, string>, { name: string }>;
type WithType = { readonly type: string };
type AllowedTools = Extract<ResponseToolChoice, { type: "allowed_tools"; tools: unknown[] }>;

export interface ParsedTools extends RequestTools {
  /** The client's names of tools in namespaces, by the names that the model sees. */
  readonly namespacedTools: ReadonlyMap<string, NamespacedName>;
  /** Whether the model can search for tools, and the client does. */
  readonly hasToolSearch: boolean;
}

export const toModelToolName = ({ namespace, name }: ClientToolName): string =>
  namespace ? toMcpToolName(namespace, name) : name;

/** Throws a 400 for a choice that the tools cannot satisfy, and for two tools of one name. */
export function parseResponseTools(
  { tools, tool_choice }: ToolParams,
  additionalTools: readonly AdditionalTool[],
): ParsedTools {
  const hasToolSearch = (tools ?? []).some(isClientToolSearch);
  const isOffered = ({ tool, isFound }: FlatTool): boolean => !hasToolSearch || isFound || !isDeferred(tool);
  const requested = (tools ?? []).flatMap((tool, index) =>
    flattenNamespace({ tool, param: `tools[${index}]`, isFound: false }),
  );
  const added = additionalTools.flatMap(flattenNamespace);
  const all = replaceByName(requested, added.filter(isOffered)).filter(isOffered);
  const chat = {
    tools: all.map(({ tool }) => toChatTool(tool)),
    tool_choice: tool_choice && toChatToolChoice(tool_choice),
  };
  const parsed = parseTools(chat, (index) => all[index]?.param ?? "tools");
  return {
    ...parsed,
    hasToolSearch,
    namespacedTools: mapNamespacedTools([...(tools ?? []), ...additionalTools.map(({ tool }) => tool)]),
  };
}

type FlatTool = AdditionalTool;

/** Adds the tools. A later one replaces those of the same name. */
function replaceByName(tools: readonly FlatTool[], added: readonly FlatTool[]): readonly FlatTool[] {
  if (added.length === 0) return tools;
  const latest = new Map(added.map((flat) => [toFlatTool(flat.tool)?.name, flat]));
  const kept = tools.filter(({ tool }) => !latest.has(toFlatTool(tool)?.name));
  return [...kept, ...latest.values()];
}

/** Returns the tools of a namespace, each with the name that the model sees. */
function flattenNamespace({ tool, param, isFound }: FlatTool): readonly FlatTool[] {
  if (!isNamespace(tool)) return [{ tool, param, isFound }];
  return tool.tools.map((each, inside) => ({
    tool: { ...each, name: toModelToolName({ namespace: tool.name, name: each.name }) },
    param: `${param}.tools[${inside}]`,
    isFound,
  }));
}

const isDeferred = (tool: ResponseTool): boolean =>
  (isNested(tool) ? tool.function.defer_loading : "defer_loading" in tool && tool.defer_loading) === true;

/** The names under which the model sees a tool, or those of a namespace. */
export const listModelToolNames = (tool: ResponseTool): readonly string[] =>
  flattenNamespace({ tool, param: "", isFound: true }).flatMap((flat) => toFlatTool(flat.tool)?.name ?? []);

function mapNamespacedTools(tools: readonly ResponseTool[]): ParsedTools["namespacedTools"] {
  const names = tools
    .filter(isNamespace)
    .flatMap(({ name: namespace, tools: members }) => members.map(({ name }) => ({ namespace, name })));
  return new Map(names.map((clientName) => [toModelToolName(clientName), clientName]));
}

/** Returns the tools that the model is offered. Unknown types are left out. */
export function echoTools({ tools }: ToolParams): EchoedTool[] {
  return (tools ?? []).flatMap((tool): EchoedTool[] => {
    if (isNamespace(tool)) {
      const { type, name, description, tools: members } = tool;
      return [{ type, name, description: description ?? "", tools: members.map(echoTool) }];
    }
    const flat = toFlatTool(tool);
    return flat === undefined ? [] : [echoTool(flat)];
  });
}

function echoTool(tool: KnownTool): Exclude<EchoedTool, { type: "namespace" }> {
  const { type, name, description } = tool;
  if (type === "custom") return { type, name, ...(description ? { description } : {}) };
  const { parameters, strict } = tool;
  return {
    type,
    name,
    description: description ?? null,
    parameters: parameters ?? null,
    strict: strict ?? null,
  };
}

export function echoToolChoice(choice: ResponseRequest["tool_choice"]): EchoedToolChoice {
  if (choice === null || choice === undefined) return "auto";
  if (typeof choice === "string") return choice;
  if (isAllowedTools(choice)) {
    const { mode, tools } = choice;
    if (mode === "none") return mode;
    return {
      type: "allowed_tools",
      mode: mode ?? "auto",
      tools: tools.map(toNamedChoice).filter((tool) => tool !== undefined),
    };
  }
  return toNamedChoice(choice) ?? "auto";
}

function toChatTool(tool: ResponseTool): ChatTool {
  const flat = toFlatTool(tool);
  if (flat === undefined) return { type: tool.type };
  const { type, name, description } = flat;
  if (type === "custom") return { type, custom: { name, description, format: flat.format } };
  const { parameters, strict } = flat;
  return { type, function: { name, description, parameters, strict } };
}

function toChatToolChoice(choice: ResponseToolChoice): ChatToolChoice {
  if (typeof choice === "string") return choice;
  if (!isAllowedTools(choice)) {
    const namedChoice = toNamedChoice(choice);
    if (namedChoice !== undefined) return toNamedChatChoice(namedChoice);
    throw new GatewayError(
      "unsupported_value",
      `tool_choice: ${JSON.stringify(choice.type.slice(0, 64))} is not a tool of this gateway; choose one of your tools, or "auto"`,
      { param: "tool_choice" },
    );
  }
  const { mode, tools } = choice;
  if (mode === "none") return mode;
  const allowed = tools.map(toNamedChoice).filter((tool) => tool !== undefined);
  return {
    type: "allowed_tools",
    allowed_tools: { mode: mode ?? "auto", tools: allowed.map(toNamedChatChoice) },
  };
}

function toNamedChatChoice({
  type,
  name,
}: NamedChoice): Exclude<ChatToolChoice, string | { type: "allowed_tools" }> {
  return type === "function" ? { type, function: { name } } : { type, custom: { name } };
}

/** Converts a nested function to the flat form. Returns undefined for a type that this gateway does not know. */
function toFlatTool(tool: ResponseTool): KnownTool | undefined {
  if (isNested(tool)) return { type: "function", ...tool.function };
  if (isClientToolSearch(tool)) return toSearchFunction(tool);
  return isFlat(tool) ? tool : undefined;
}

function toSearchFunction({ description, parameters }: ToolSearch): KnownTool {
  return {
    type: "function",
    name: toolSearchName,
    description: description ?? "Searches for further tools. Those that it finds can be called from then on.",
    parameters: parameters ?? {
      type: "object",
      properties: { query: { type: "string", description: "What the tool should do." } },
      required: ["query"],
    },
  };
}

function toNamedChoice(choice: Exclude<ResponseToolChoice, string>): NamedChoice | undefined {
  if (isNested(choice)) return { type: "function", name: choice.function.name };
  return isFlat(choice) ? { type: choice.type, name: choice.name } : undefined;
}

// The schema excludes unknown tools that have the type of a known one; TypeScript cannot express that.

function isFlat<T extends WithType>(
  value: T,
): value is Extract<T, { type: "function" | "custom"; name: string }> {
  return value.type === "function" || value.type === "custom";
}

function isNested<T extends WithType>(value: T): value is Extract<T, { type: "function"; function: object }> {
  return value.type === "function" && "function" in value;
}

function isClientToolSearch(tool: ResponseTool): tool is ToolSearch {
  return tool.type === toolSearchName && "execution" in tool && tool.execution === "client";
}

function isNamespace(tool: ResponseTool): tool is Namespace {
  return tool.type === "namespace";
}

function isAllowedTools(choice: Exclude<ResponseToolChoice, string>): choice is AllowedTools {
  return choice.type === "allowed_tools";
}
