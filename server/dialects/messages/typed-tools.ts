/**
 * The tools that Anthropic defines by a type. Models of other providers do not know them, so those that run at the client
 * are offered with a schema: https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview
 */
import type { ToolDefinition } from "../../agent/types.ts";

const text = (description: string) => ({ type: "string", description });

const commandTool = (
  name: string,
  description: string,
  commands: readonly string[],
  properties: Readonly<Record<string, object>>,
  required: readonly string[] = [],
): ToolDefinition => ({
  name,
  description,
  parameters: {
    type: "object",
    properties: { command: { type: "string", enum: commands }, ...properties },
    required: ["command", ...required],
  },
});

const path = text("Path of the file or directory.");
const edits = {
  file_text: text("For create: the content of the file."),
  old_str: text("For str_replace: the text to replace. It must occur exactly once."),
  new_str: text("For str_replace: the new text. For older versions of insert: the text to insert."),
  insert_line: {
    type: "integer",
    description: "For insert: the line after which the text is inserted; 0 is the start.",
  },
  insert_text: text("For insert: the text."),
  view_range: {
    type: "array",
    items: { type: "integer" },
    description: "For view: the first and the last line, from 1; -1 is the end.",
  },
} as const;

/** By the type without its date. */
const clientTools: ReadonlyMap<string, ToolDefinition> = new Map([
  [
    "bash",
    {
      name: "bash",
      description: "Runs a command in a shell that keeps its state between calls, and returns its output.",
      parameters: {
        type: "object",
        properties: {
          command: text("The command. Required unless restart is true."),
          restart: { type: "boolean", description: "Starts the shell anew." },
        },
      },
    },
  ],
  [
    "text_editor",
    commandTool(
      "str_replace_based_edit_tool",
      "Views, creates and edits files.",
      ["view", "create", "str_replace", "insert"],
      { path, ...edits },
      ["path"],
    ),
  ],
  [
    "memory",
    commandTool(
      "memory",
      "Keeps notes in files below /memories between conversations. Look there before you begin.",
      ["view", "create", "str_replace", "insert", "delete", "rename"],
      {
        path,
        ...edits,
        old_path: text("For rename: the path."),
        new_path: text("For rename: the new path."),
      },
    ),
  ],
]);

/** Tools that only a model trained for them can use, and MCP servers that Anthropic connects to. */
const unsupportedTools = /^(?:computer|browser|mcp_toolset)(?:_|$)/;

/** Returns undefined for a tool that runs at Anthropic, and for an unknown one. */
export const findClientTool = (type: string): ToolDefinition | undefined =>
  clientTools.get(type.replace(/_\d+$/, ""));

export const isUnsupportedTool = (type: string): boolean => unsupportedTools.test(type);
