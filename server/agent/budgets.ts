/**
 * Enforces the budgets and rates of keys and agents. A model call reserves its estimated tokens and cost before it is made;
 * its actual usage replaces them afterwards. Sums of days and months are stored before the call, so that a crash loses none.
 */
import type { Config } from "../../contracts/config/config.ts";
import type { SpendingLimits } from "../../contracts/config/budgets.ts";
import type { BudgetStore, Spending } from "../lib/budget-store.ts";
import { computeCost } from "../lib/cost.ts";
import { GatewayError } from "../lib/errors.ts";
import type { Clock, Log } from "../lib/ports.ts";
import type { RateStore } from "../lib/rate-store.ts";
import {
  createLocalRunRates,
  createSharedRunRates,
  type RatedSubject,
  type ReachedLimit,
} from "./run-rates.ts";
import {
  createSpendingWindows,
  getPeriodStart,
  minuteMs,
  type Period,
  type SpendingWindow,
} from "./spending-windows.ts";
import type { NamedModel, Run, Usage } from "./types.ts";

export interface Budgets {
  /**
   * Counts a run that begins. Throws `too_many_requests` or `budget_exceeded`. A promise when a shared store is queried; it rejects
   * with `storage_unavailable` too.
   */
  admit(run: BudgetedRun): void | Promise<void>;
  /**
   * Reserves the estimated usage of the call. Undefined for a call without a limit. Rejects with `budget_exceeded` or `too_many_requests`
   * when nothing is left, and with `storage_unavailable`.
   */
  reserve(
    run: BudgetedRun,
    model: PricedModel,
    estimate: () => TokenEstimate,
  ): Promise<SettleReservation> | undefined;
  /** Returns the rates of a key; undefined when it has none. */
  getRates(credential: string): Rates | undefined;
}

type BudgetedRun = Pick<Run, "credential" | "agent">;
type PricedModel = Pick<NamedModel, "cost">;

/** The most that a call is expected to use. */
export type TokenEstimate = Pick<Usage, "input" | "output">;

/** Replaces the reservation. `usage` is undefined for a call that was cut; without output it has cost nothing. */
export type SettleReservation = (usage: Usage | undefined, hasOutput: boolean) => void;

export interface Rates {
  readonly requests?: Rate;
  readonly tokens?: Rate;
}

export interface Rate {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

interface BudgetDeps {
  readonly store: BudgetStore;
  /** Counts of all nodes. Absent with one node, which counts minutes in memory. */
  readonly rates?: RateStore | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

interface Amount {
  readonly tokens: number;
  readonly costMicroUsd: number;
}

/** Loads the spending so far. The returned function creates the budgets of a configuration; all share the same sums. */
export async function openBudgets({
  store,
  rates,
  clock,
  log,
}: BudgetDeps): Promise<(config: Config["budgets"]) => Budgets> {
  const stored = await store.list(getPeriodStart("month", clock()));
  const getWindow = createSpendingWindows(clock, stored);
  const isShared = rates !== undefined;
  const runRates = isShared ? createSharedRunRates(rates, clock) : createLocalRunRates(getWindow, clock);
  /** Changes the windows of this process. Returns the spending to store, which includes minutes when nodes share them. */
  const add = (windows: readonly SpendingWindow[], { tokens, costMicroUsd }: Amount): readonly Spending[] =>
    windows.flatMap((window) => {
      window.tokens += tokens;
      window.costMicroUsd += costMicroUsd;
      const { subject, period, start } = window;
      return period === "minute" && !isShared ? [] : [{ subject, period, start, tokens, costMicroUsd }];
    });

  return (config) => {
    const findSubjects = ({ credential, agent }: BudgetedRun): readonly Subject[] => [
      ...toSubject("key", credential.replace(/^operator:/, ""), config.keys),
      ...toSubject("agent", agent.id, config.agents),
    ];
    /** Returns the windows that are open now. A call adds to those that it began in, also when it ends in the next. */
    const findWindows = (subjects: readonly Subject[]): readonly SpendingWindow[] =>
      subjects.flatMap(({ name, limits }) =>
        (hasBudget(limits) ? budgetedPeriods : ratedPeriods).map((period) => getWindow(name, period)),
      );
    const addAndStore = (windows: readonly SpendingWindow[], amount: Amount): void => {
      const spending = add(windows, amount);
      if (spending.length === 0) return;
      store.add(spending).catch((error: unknown) => {
        log.warn("spending could not be stored", { cause: String(error) });
      });
    };
    const requireRest = (subjects: readonly Subject[]): void => {
      for (const { name, limits } of subjects) {
        for (const [limit, period, unit] of budgetLimits) {
          const max = limits[limit];
          const window = max === undefined ? undefined : getWindow(name, period);
          if (max !== undefined && window !== undefined && window[unit] >= max * factorOf[unit])
            throw createBudgetError(name, limit, max);
        }
        const { tokensPerMinute } = limits;
        if (tokensPerMinute !== undefined && getWindow(name, "minute").tokens >= tokensPerMinute)
          throw createRateError(name, tokensPerMinute, "tokens", getRestOfMinute());
      }
    };
    const getRestOfMinute = (): number => minuteMs - (clock() % minuteMs);
    const updateTokensOfOthers = (sums: readonly Spending[]): void => {
      for (const { subject, period, tokens } of sums) {
        if (period !== "minute") continue;
        const window = getWindow(subject, period);
        window.tokensOfOthers = Math.max(0, tokens - window.tokens);
      }
    };
    /** Returns the error for a rate of tokens that was used up before this reservation. */
    const findExhaustedRate = (
      subjects: readonly Subject[],
      sums: readonly Spending[],
      reserved: Amount,
    ): GatewayError | undefined => {
      for (const { name, limits } of subjects) {
        const { tokensPerMinute: max = Infinity } = limits;
        const { tokens = 0 } = sums.find((sum) => sum.subject === name && sum.period === "minute") ?? {};
        if (tokens - reserved.tokens >= max) return createRateError(name, max, "tokens", getRestOfMinute());
      }
      return undefined;
    };
    const toAmount = ({ cost }: PricedModel, usage: Usage): Amount => ({
      tokens: usage.input + usage.output,
      costMicroUsd: cost === undefined ? 0 : Math.round(computeCost(cost, usage) * 1e6),
    });

    return {
      admit(run) {
        const subjects = findSubjects(run);
        requireRest(subjects);
        const reached = runRates.count(subjects.flatMap(toRatedSubject));
        return reached instanceof Promise ? reached.then(throwRateError) : throwRateError(reached);
      },
      reserve(run, model, estimate) {
        const subjects = findSubjects(run);
        if (subjects.length === 0) return undefined;
        return (async () => {
          requireRest(subjects);
          const { input, output } = estimate();
          const reserved = toAmount(model, { ...noUsage, input, output });
          const windows = findWindows(subjects);
          const spending = add(windows, reserved);
          if (spending.length > 0) {
            const sums = await store.add(spending).catch((error: unknown) => {
              add(windows, negate(reserved));
              throw error;
            });
            // Other nodes may have spent the rest: their sums are in the store only.
            updateTokensOfOthers(sums);
            const exhausted =
              findExhaustedRate(subjects, sums, reserved) ?? findExhaustedBudget(subjects, sums, reserved);
            if (exhausted !== undefined) {
              addAndStore(windows, negate(reserved));
              throw exhausted;
            }
          }
          return (usage: Usage | undefined, hasOutput: boolean) => {
            const used = toAmount(model, usage ?? { ...noUsage, input: hasOutput ? input : 0 });
            addAndStore(windows, subtract(used, reserved));
          };
        })();
      },
      getRates(credential) {
        const [subject] = toSubject("key", credential.replace(/^operator:/, ""), config.keys);
        if (subject === undefined) return undefined;
        const [rated] = toRatedSubject(subject);
        const { tokensPerMinute } = subject.limits;
        const { tokens, tokensOfOthers } = getWindow(subject.name, "minute");
        return {
          ...(rated !== undefined && { requests: { limit: rated.limit, ...runRates.read(rated) } }),
          ...(tokensPerMinute !== undefined && {
            tokens: {
              limit: tokensPerMinute,
              remaining: Math.max(0, tokensPerMinute - tokens - tokensOfOthers),
              resetMs: getRestOfMinute(),
            },
          }),
        };
      },
    };
  };
}

const noUsage: Usage = { input: 0, output: 0, cached: 0, cacheWrite: 0, reasoning: 0 };

interface Subject {
  /** `key <name>` or `agent <id>`. */
  readonly name: string;
  readonly limits: SpendingLimits;
}

function toSubject(
  kind: "key" | "agent",
  name: string,
  limits: Readonly<Record<string, SpendingLimits>>,
): readonly Subject[] {
  const found = Object.hasOwn(limits, name) ? limits[name] : limits["*"];
  return found === undefined ? [] : [{ name: `${kind} ${name}`, limits: found }];
}

const budgetLimits = [
  ["tokensPerDay", "day", "tokens"],
  ["tokensPerMonth", "month", "tokens"],
  ["usdPerDay", "day", "costMicroUsd"],
  ["usdPerMonth", "month", "costMicroUsd"],
] as const satisfies readonly (readonly [keyof SpendingLimits, Period, keyof Amount])[];

const toRatedSubject = ({ name, limits: { requestsPerMinute: limit } }: Subject): readonly RatedSubject[] =>
  limit === undefined ? [] : [{ name, limit }];

/** Returns the error for a budget that was used up before this reservation. */
function findExhaustedBudget(
  subjects: readonly Subject[],
  sums: readonly Spending[],
  reserved: Amount,
): GatewayError | undefined {
  for (const { name, limits } of subjects) {
    for (const [limit, period, unit] of budgetLimits) {
      const max = limits[limit];
      const sum = sums.find((each) => each.subject === name && each.period === period);
      if (max !== undefined && sum !== undefined && sum[unit] - reserved[unit] >= max * factorOf[unit])
        return createBudgetError(name, limit, max);
    }
  }
  return undefined;
}

/** Limits in dollars are compared with millionths. */
const factorOf = { tokens: 1, costMicroUsd: 1e6 } as const;

const hasBudget = (limits: SpendingLimits): boolean =>
  budgetLimits.some(([limit]) => limits[limit] !== undefined);

const ratedPeriods = ["minute"] as const;
const budgetedPeriods = ["minute", "day", "month"] as const;

const negate = ({ tokens, costMicroUsd }: Amount): Amount => ({
  tokens: -tokens,
  costMicroUsd: -costMicroUsd,
});

const subtract = (a: Amount, b: Amount): Amount => ({
  tokens: a.tokens - b.tokens,
  costMicroUsd: a.costMicroUsd - b.costMicroUsd,
});

function throwRateError(reached: ReachedLimit | undefined): void {
  if (reached === undefined) return;
  const { subject, retryMs } = reached;
  throw createRateError(subject.name, subject.limit, "requests", retryMs);
}

function createRateError(
  name: string,
  max: number,
  unit: "tokens" | "requests",
  retryMs: number,
): GatewayError {
  const retryAfterSeconds = Math.ceil(retryMs / 1_000);
  const message = `The ${name} may use ${max} ${unit} a minute. Try again in ${retryAfterSeconds} s.`;
  return new GatewayError("too_many_requests", message, { retryAfterSeconds });
}

function createBudgetError(name: string, limit: (typeof budgetLimits)[number][0], max: number): GatewayError {
  const unit = limit.startsWith("usd") ? "US dollars" : "tokens";
  const period = limit.endsWith("Day") ? "day" : "month";
  return new GatewayError(
    "budget_exceeded",
    `The ${name} has used up its budget of ${max} ${unit} a ${period}. It begins again with the next ${period} in UTC.`,
  );
}
