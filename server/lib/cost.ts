/** What a model call costs, by the prices of the configuration. */
import type { Config } from "../../contracts/config/config.ts";

export type Prices = NonNullable<Config["models"]["providers"][string]["models"][number]["cost"]>;

/** `input` includes the tokens that a cache had and those that were written to it. */
interface TokenCounts {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly cacheWrite: number;
}

const tokensPerPrice = 1_000_000;

/** Returns US dollars. */
export function computeCost(prices: Prices, usage: TokenCounts): number {
  const tier = prices.tieredPricing?.find(
    ({ range: [from = 0, to = Infinity] }) => usage.input >= from && usage.input <= to,
  );
  const { input, output, cacheRead, cacheWrite } = tier ?? prices;
  const uncached = Math.max(0, usage.input - usage.cached - usage.cacheWrite);
  const total =
    uncached * input + usage.output * output + usage.cached * cacheRead + usage.cacheWrite * cacheWrite;
  return total / tokensPerPrice;
}
