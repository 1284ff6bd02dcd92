/** The caller's tools: in the form that all doors are checked in, and as the response repeats them. */
import type { ChatTool, ChatToolChoice } from "../../../contracts/http/chat/tools.ts";
import type { ResponseRequest } from "../../../contracts/http/responses/request.ts";
import type {
  ChosenTools,
  OfferedTool,
  ResponseTool,
  ResponseToolChoice,
} from "../../../contracts/http/responses/tools.ts";
import { GatewayError } from "../../errors.ts";
import { readTools, type OfferedTools } from "../chat/tools.ts";
import { nameForModel, type NamespacedName } from "./namespaces.ts";

type Asked = Pick<ResponseRequest, "tools" | "tool_choice">;
type KnownTool = Extract<ResponseTool, { type: "function" | "custom"; name: string }>;
type Namespace = Extract<ResponseTool, { type: "namespace"; tools: unknown[] }>;
type NamedChoice = Extract<Exclude<ChosenTools, string>, { name: string }>;
type Typed = { readonly type: string };
type AllowedTools = Extract<ResponseToolChoice, { type: "allowed_tools"; tools: unknown[] }>;

export interface ResponseTools extends OfferedTools {
  /** What the caller calls those in namespaces, by the names that the model sees. */
  readonly namespaced: ReadonlyMap<string, NamespacedName>;
}

/** Throws a 400 for a choice that the tools cannot satisfy, and for two tools of one name. */
export function readResponseTools({ tools, tool_choice }: Asked): ResponseTools {
  const all = (tools ?? []).flatMap(unpacked);
  const chat = {
    tools: all.map(({ tool }) => chatTool(tool)),
    tool_choice: tool_choice && chatChoice(tool_choice),
  };
  const offered = readTools(chat, (index) => all[index]?.param ?? "tools");
  return { ...offered, namespaced: namesInNamespaces(tools ?? []) };
}

interface Unpacked {
  readonly tool: ResponseTool;
  /** Its place in the request. */
  readonly param: string;
}

/** The tools of a namespace, each by the name that the model sees. */
function unpacked(tool: ResponseTool, index: number): readonly Unpacked[] {
  const param = `tools[${index}]`;
  if (!isNamespace(tool)) return [{ tool, param }];
  return tool.tools.map((each, inside) => ({
    tool: { ...each, name: nameForModel({ namespace: tool.name, name: each.name }) },
    param: `${param}.tools[${inside}]`,
  }));
}

function namesInNamespaces(tools: readonly ResponseTool[]): ResponseTools["namespaced"] {
  const names = tools
    .filter(isNamespace)
    .flatMap(({ name: namespace, tools: its }) => its.map(({ name }) => ({ namespace, name })));
  return new Map(names.map((callers) => [nameForModel(callers), callers]));
}

/** Those that the model is offered; unknown types are left out. */
export function offeredTools({ tools }: Asked): OfferedTool[] {
  return (tools ?? []).flatMap((tool): OfferedTool[] => {
    if (isNamespace(tool)) {
      const { type, name, description, tools: its } = tool;
      return [{ type, name, description: description ?? "", tools: its.map(offered) }];
    }
    const flat = known(tool);
    return flat === undefined ? [] : [offered(flat)];
  });
}

function offered(tool: KnownTool): Exclude<OfferedTool, { type: "namespace" }> {
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

export function chosenTools(choice: ResponseRequest["tool_choice"]): ChosenTools {
  if (choice === null || choice === undefined) return "auto";
  if (typeof choice === "string") return choice;
  if (isAllowedTools(choice)) {
    const { mode, tools } = choice;
    if (mode === "none") return mode;
    return {
      type: "allowed_tools",
      mode: mode ?? "auto",
      tools: tools.map(named).filter((tool) => tool !== undefined),
    };
  }
  return named(choice) ?? "auto";
}

function chatTool(tool: ResponseTool): ChatTool {
  const flat = known(tool);
  if (flat === undefined) return { type: tool.type };
  const { type, name, description } = flat;
  if (type === "custom") return { type, custom: { name, description } };
  const { parameters, strict } = flat;
  return { type, function: { name, description, parameters, strict } };
}

function chatChoice(choice: ResponseToolChoice): ChatToolChoice {
  if (typeof choice === "string") return choice;
  if (!isAllowedTools(choice)) {
    const one = named(choice);
    if (one !== undefined) return chatNamed(one);
    throw new GatewayError(
      "unsupported_value",
      `tool_choice: ${JSON.stringify(choice.type.slice(0, 64))} is no tool of this gateway; choose one of your own, or "auto"`,
      { param: "tool_choice" },
    );
  }
  const { mode, tools } = choice;
  if (mode === "none") return mode;
  const allowed = tools.map(named).filter((tool) => tool !== undefined);
  return { type: "allowed_tools", allowed_tools: { mode: mode ?? "auto", tools: allowed.map(chatNamed) } };
}

function chatNamed({ type, name }: NamedChoice): Exclude<ChatToolChoice, string | { type: "allowed_tools" }> {
  return type === "function" ? { type, function: { name } } : { type, custom: { name } };
}

/** In the flat form; undefined for a tool that this gateway does not know. */
function known(tool: ResponseTool): KnownTool | undefined {
  if (isNested(tool)) return { type: "function", ...tool.function };
  return isKnown(tool) ? tool : undefined;
}

function named(choice: Exclude<ResponseToolChoice, string>): NamedChoice | undefined {
  if (isNested(choice)) return { type: "function", name: choice.function.name };
  return isKnown(choice) ? { type: choice.type, name: choice.name } : undefined;
}

// The schema lets no unknown type have a known one's name; only its type cannot say so.

function isKnown<T extends Typed>(
  value: T,
): value is Extract<T, { type: "function" | "custom"; name: string }> {
  return value.type === "function" || value.type === "custom";
}

function isNested<T extends Typed>(value: T): value is Extract<T, { type: "function"; function: object }> {
  return value.type === "function" && "function" in value;
}

function isNamespace(tool: ResponseTool): tool is Namespace {
  return tool.type === "namespace";
}

function isAllowedTools(choice: Exclude<ResponseToolChoice, string>): choice is AllowedTools {
  return choice.type === "allowed_tools";
}
