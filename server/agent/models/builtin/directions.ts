/** Reads the commands at the head of a message. */
import { commands, type Directions, type RequestedCall } from "./commands.ts";
import { tokensOf } from "./tokens.ts";

/**
 * A message that begins with a command is commands, one a line, and then the TEXT, which is all the rest. `undefined` for
 * any other message.
 */
export function directionsOf(message: string): Directions | undefined {
  const lines = message.trim().split("\n");
  const texts: string[] = [];
  const calls: RequestedCall[] = [];
  const directions: Directions = {};
  for (const [index, line] of lines.entries()) {
    const [, name = "", rest = ""] = /^(\/[a-z]+)(?:\s+(.*))?$/s.exec(line.trim()) ?? [];
    const command = commands.get(name);
    if (command === undefined) {
      if (index === 0) return name === "" ? undefined : complaint(`I do not know ${name}.`);
      texts.push(lines.slice(index).join("\n"));
      break;
    }
    const reading = command.read(rest);
    if (typeof reading === "string") return complaint(`${command.usage}: ${reading}.`);
    const { text, calls: more = [], ...added } = reading;
    if (text !== undefined) texts.push(text);
    calls.push(...more);
    Object.assign(directions, added);
  }
  return { ...(texts.length > 0 && { words: tokensOf(texts.join("\n")) }), ...directions, calls };
}

const complaint = (what: string): Directions => ({ words: tokensOf(`${what} /help lists what I know.`) });
