/** The settings that items of the input change: further tools, reasoning and the format of the text. */
import type { ListedItem } from "../../../contracts/http/responses/items.ts";
import type { ResponseRequest } from "../../../contracts/http/responses/request.ts";
import type { SettingItem } from "../../../contracts/http/responses/setting-items.ts";
import type { ResponseTool } from "../../../contracts/http/responses/tools.ts";
import type { ResolvedItem } from "./item-references.ts";

/** A tool of an item, and the field of the request that it comes from. */
export interface AdditionalTool {
  readonly tool: ResponseTool;
  readonly param: string;
  /** A search has found it. */
  readonly isFound: boolean;
}

const settingTypes: Readonly<Record<SettingItem["type"], true>> = {
  additional_tools: true,
  tool_search_output: true,
  configuration_update: true,
};

export function isSettingItem<T extends ResolvedItem | ListedItem>(item: T): item is Extract<T, SettingItem> {
  return Object.hasOwn(settingTypes, item.type ?? "message");
}

/** Items of earlier turns that change settings, and the field of the request that refers to those turns. */
interface EarlierSettings {
  readonly param: string;
  readonly items: readonly SettingItem[];
}

/** Returns the tools of the items: earlier ones first, so that later ones replace them. */
export function listAdditionalTools(
  earlier: EarlierSettings,
  items: readonly ResolvedItem[],
): readonly AdditionalTool[] {
  const toTools = (item: SettingItem, param: string): readonly AdditionalTool[] =>
    "tools" in item
      ? item.tools.map((tool, index) => ({
          tool,
          param: `${param}.tools[${index}]`,
          isFound: item.type === "tool_search_output",
        }))
      : [];
  return [
    ...earlier.items.flatMap((item) => toTools(item, earlier.param)),
    ...items.flatMap((item, index) => (isSettingItem(item) ? toTools(item, `input[${index}]`) : [])),
  ];
}

/** Returns the request with the settings of the last update. */
export function applyUpdates(body: ResponseRequest, items: readonly SettingItem[]): ResponseRequest {
  const updates = items.filter((item) => item.type === "configuration_update");
  const effort = updates.findLast(({ reasoning }) => reasoning?.effort)?.reasoning?.effort;
  const format = updates.findLast(({ text }) => text?.format)?.text?.format;
  return {
    ...body,
    ...(effort && { reasoning: { ...body.reasoning, effort } }),
    ...(format && { text: { ...body.text, format } }),
  };
}
