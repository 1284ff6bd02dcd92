/** Names of settings as people write them: `gateway.port`, `agents.list[0].name`, `models.providers["my/own"]`. */
import type { Path } from "./tree.ts";

/** Returns undefined for a text that names no setting. */
export function parseSettingPath(text: string): Path | undefined {
  const part = /\.?([^.[\]"]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/y;
  const path: (string | number)[] = [];
  while (part.lastIndex < text.length) {
    const start = part.lastIndex;
    const [match, name, index, quoted] = part.exec(text) ?? [];
    if (match === undefined || (start === 0 && match.startsWith("."))) return undefined;
    if (index !== undefined) path.push(Number(index));
    else if (quoted !== undefined) path.push(JSON.parse(`"${quoted}"`) as string);
    else path.push(name !== undefined && /^\d+$/.test(name) ? Number(name) : (name ?? ""));
  }
  return path.length === 0 ? undefined : path;
}
