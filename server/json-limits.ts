/** How much JSON is looked at: its depth and its number of values, counted before any schema sees it. */
import { GatewayError } from "./errors.ts";

export interface JsonLimits {
  readonly maxDepth: number;
  readonly maxNodes: number;
}

/** Iterative, so that no nesting exhausts the stack. Throws `json_too_complex`. */
export function checkComplexity(root: unknown, limits: JsonLimits): void {
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
