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

/** Sets of tools that are one block of the request, and MCP servers that Anthropic connects to. */
const unsupportedTools = /^(?:computer_toolset|browser|mcp_toolset)(?:_|$)/;

export interface TypedTool {
  readonly type: string;
  readonly name?: string | null | undefined;
  readonly [setting: string]: unknown;
}

/** Returns undefined for a tool that runs at Anthropic, and for an unknown one. */
export function toClientTool({ type, name, ...settings }: TypedTool): ToolDefinition | undefined {
  const kind = type.replace(/_\d+$/, "");
  const tool = kind === "computer" ? createComputerTool(settings) : clientTools.get(kind);
  return tool && { ...tool, name: name ?? tool.name, native: { kind: "anthropic", type, settings } };
}

const point = (description: string) => ({
  type: "array",
  items: { type: "integer" },
  minItems: 2,
  maxItems: 2,
  description,
});

const createComputerTool = ({
  display_width_px: width,
  display_height_px: height,
}: Readonly<Record<string, unknown>>): ToolDefinition => ({
  name: "computer",
  description: `Uses a screen, a keyboard and a mouse. The screen has ${formatPixels(width)} x ${formatPixels(height)} pixels, from the upper left corner. Take a screenshot to see the effect of an action.`,
  parameters: {
    type: "object",
    properties: {
      action: {
        type: "string",
        enum: [
          "screenshot",
          "left_click",
          "right_click",
          "middle_click",
          "double_click",
          "triple_click",
          "left_click_drag",
          "left_mouse_down",
          "left_mouse_up",
          "mouse_move",
          "cursor_position",
          "scroll",
          "type",
          "key",
          "hold_key",
          "wait",
        ],
      },
      coordinate: point("Where to click, drag to, move to or scroll: x and y."),
      start_coordinate: point("For left_click_drag: where it begins."),
      text: text("For type: the text. For key and hold_key: the keys, for instance ctrl+s."),
      scroll_direction: { type: "string", enum: ["up", "down", "left", "right"] },
      scroll_amount: { type: "integer", description: "For scroll: the number of clicks of the wheel." },
      duration: { type: "number", description: "For hold_key and wait: seconds." },
    },
    required: ["action"],
  },
});

const formatPixels = (value: unknown): string => (typeof value === "number" ? String(value) : "?");

export const isUnsupportedTool = (type: string): boolean => unsupportedTools.test(type);
