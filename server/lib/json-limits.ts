/** Limits the depth and the number of values of JSON, before any schema validates it. */
import { GatewayError } from "./errors.ts";

export interface JsonLimits {
  readonly maxDepth: number;
  readonly maxNodes: number;
}

/** Throws `json_too_complex`. Iterative, so that deep nesting cannot exhaust the stack. */
export function checkJsonLimits(root: unknown, limits: JsonLimits): void {
  const stack: { readonly value: object; readonly depth: number }[] = [];
  let nodes = 0;
  const visit = (value: unknown, depth: number): void => {
    nodes += 1;
    if (typeof value !== "object" || value === null) return;
    if (depth > limits.maxDepth) {
      throw new GatewayError("json_too_complex", `The JSON is nested deeper than ${limits.maxDepth} levels.`);
    }
    stack.push({ value, depth });
  };
  visit(root, 1);
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    for (const child of Object.values(top.value)) visit(child, top.depth + 1);
    if (nodes > limits.maxNodes) {
      throw new GatewayError("json_too_complex", `The JSON has more than ${limits.maxNodes} values.`);
    }
  }
}
