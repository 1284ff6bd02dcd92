/** Limits the depth and the number of values of JSON: roughly before it is parsed, and exactly before any schema validates it. */
import { GatewayError } from "./errors.ts";

export interface JsonLimits {
  readonly maxDepth: number;
  readonly maxNodes: number;
}

/**
 * Throws `json_too_complex` for a text that certainly has more than the limits. Parsing millions of values takes seconds, in
 * which nobody else is served; this reads each character once, and stops at the limit.
 */
export function checkJsonText(text: string, { maxDepth, maxNodes }: JsonLimits): void {
  let depth = 0;
  let containers = 0;
  let commas = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    if (character === quote) index = findStringEnd(text, index + 1);
    else if (character === comma) commas += 1;
    else if (character === openBracket || character === openBrace) {
      depth += 1;
      containers += 1;
      if (depth > maxDepth) throw createDepthError(maxDepth);
    } else if (character === closeBracket || character === closeBrace) depth -= 1;
    else continue;
    // A list or an object has one value more than commas.
    if (commas >= maxNodes || containers > maxNodes) throw createCountError(maxNodes);
  }
}

const [quote, comma, openBracket, closeBracket, openBrace, closeBrace] = [0x22, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d];
const backslash = 0x5c;

/** Returns the index of the quote that ends the string; the end of the text when nothing does. */
function findStringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (end - backslashes > start && text.charCodeAt(end - backslashes - 1) === backslash)
      backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

/** Throws `json_too_complex`. Iterative, so that deep nesting cannot exhaust the stack. */
export function checkJsonLimits(root: unknown, limits: JsonLimits): void {
  const stack: { readonly value: object; readonly depth: number }[] = [];
  let nodes = 0;
  const visit = (value: unknown, depth: number): void => {
    nodes += 1;
    if (typeof value !== "object" || value === null) return;
    if (depth > limits.maxDepth) {
      throw createDepthError(limits.maxDepth);
    }
    stack.push({ value, depth });
  };
  visit(root, 1);
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    for (const child of Object.values(top.value)) visit(child, top.depth + 1);
    if (nodes > limits.maxNodes) {
      throw createCountError(limits.maxNodes);
    }
  }
}

const createDepthError = (maxDepth: number): GatewayError =>
  new GatewayError("json_too_complex", `The JSON is nested deeper than ${maxDepth} levels.`);

const createCountError = (maxNodes: number): GatewayError =>
  new GatewayError("json_too_complex", `The JSON has more than ${maxNodes} values.`);
