/** Reads the commands at the head of a message. */
import { commands, type Directions } from "./commands.ts";
import { tokensOf } from "./tokens.ts";

/**
 * A message that begins with a command is commands, one a line, and then the TEXT, which is all the rest. `undefined` for
 * any other message.
 */
export function directionsOf(message: string): Directions | undefined {
  const lines = message.trim().split("\n");
  const texts: string[] = [];
  let directions: Directions = {};
  for (const [index, line] of lines.entries()) {
    const [, name = "", rest = ""] = /^(\/[a-z]+)(?:\s+(.*))?$/.exec(line.trim()) ?? [];
    const command = commands.get(name);
    if (command === undefined) {
      if (index === 0) return name === "" ? undefined : complaint(`I do not know ${name}.`);
      texts.push(lines.slice(index).join("\n"));
      break;
    }
    const reading = command.read(rest);
    if (typeof reading === "string") return complaint(`${command.usage}: ${reading}.`);
    const { text, ...added } = reading;
    if (text !== undefined) texts.push(text);
    const calls = [...(directions.calls ?? []), ...(added.calls ?? [])];
    directions = { ...directions, ...added, calls };
  }
  return texts.length === 0 ? directions : { words: tokensOf(texts.join("\n")), ...directions };
}

const complaint = (what: string): Directions => ({ words: tokensOf(`${what} /help lists what I know.`) });
