/** What a model call of a run costs, by the prices of its model. */
import type { NamedModel, Usage } from "../agent/types.ts";
import { computeCost } from "../lib/cost.ts";

/** Returns millionths of a US dollar. Undefined when the model has no price, or no tokens were reported. */
export function computeCallCost(
  { models }: { readonly models: readonly Pick<NamedModel, "ref" | "cost">[] },
  model: string,
  usage: Usage | undefined,
): number | undefined {
  const prices = models.find(({ ref }) => ref === model)?.cost;
  return prices === undefined || usage === undefined
    ? undefined
    : Math.round(computeCost(prices, usage) * 1e6);
}
