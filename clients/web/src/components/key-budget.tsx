/** What a key may spend, what it has spent, and a form that changes it in the configuration. */
import { useState } from "preact/hooks";
import type { VNode } from "preact";
import { toPatch } from "../lib/settings.ts";
import { can, createHttpClient, describe, requireSocket } from "../store/connection.ts";
import { strings } from "../strings.ts";

const text = strings.keys.budget;

const limitNames = ["usdPerDay", "usdPerMonth", "tokensPerDay", "tokensPerMonth"] as const;
type Limits = Readonly<Partial<Record<(typeof limitNames)[number], number>>>;

interface Spent {
  readonly tokens: number;
  readonly usd: number;
}

export interface Budgets {
  /** By name of the key; `*` is for those that are not named. */
  readonly limits: Readonly<Record<string, Limits>>;
  readonly today: ReadonlyMap<string, Spent>;
  readonly month: ReadonlyMap<string, Spent>;
  readonly hash: string;
}

export async function loadBudgets(): Promise<Budgets> {
  const { config, hash } = await requireSocket().call("config.get");
  const { budgets } = config as { readonly budgets?: { readonly keys?: Budgets["limits"] } };
  const today = new Date().toISOString().slice(0, 10);
  const [ofDay, ofMonth] = await Promise.all([loadSpent(today), loadSpent(`${today.slice(0, 8)}01`)]);
  return { limits: budgets?.keys ?? {}, today: ofDay, month: ofMonth, hash };
}

async function loadSpent(from: string): Promise<ReadonlyMap<string, Spent>> {
  const { data } = await createHttpClient().usage({ from, groupBy: "credential" });
  return new Map(
    data.map((line) => [
      line.credential ?? "",
      {
        tokens:
          line.inputTokens +
          line.cacheReadTokens +
          line.cacheWriteTokens +
          line.outputTokens +
          line.reasoningTokens,
        usd: (line.costMicroUsd ?? 0) / 1e6,
      },
    ]),
  );
}

/** Such as `$0.20 of $5.00 today`. */
export function describeBudget({ limits, today, month }: Budgets, name: string): string | undefined {
  const own = limits[name] ?? limits["*"] ?? {};
  const parts = limitNames.flatMap((limit) => {
    const most = own[limit];
    if (most === undefined) return [];
    const spent = (limit.endsWith("Day") ? today : month).get(name) ?? { tokens: 0, usd: 0 };
    const [used, all] = limit.startsWith("usd")
      ? [strings.chat.cost(spent.usd), strings.chat.cost(most)]
      : [spent.tokens.toLocaleString("en"), text.tokens(most)];
    return [text.spent(used, all, limit.endsWith("Day"))];
  });
  return parts.length === 0 ? undefined : parts.join(", ");
}

interface BudgetFormProps {
  readonly name: string;
  readonly budgets: Budgets;
  readonly onChanged: () => void;
}

export function BudgetForm({ name, budgets, onChanged }: BudgetFormProps): VNode | null {
  const [isOpen, setOpen] = useState(false);
  const [problem, setProblem] = useState<string>();
  if (!can("operator.config")) return null;
  if (!isOpen)
    return (
      <button type="button" class="quiet" onClick={() => setOpen(true)}>
        {text.title}
      </button>
    );
  const save = async (form: HTMLFormElement): Promise<void> => {
    const data = new FormData(form);
    const entries = limitNames.map((limit) => [limit, Number(data.get(limit)) || null] as const);
    const raw = toPatch(`budgets.keys.${JSON.stringify(name)}`, Object.fromEntries(entries));
    try {
      await requireSocket().call("config.patch", {
        raw,
        ...(budgets.hash !== "" && { baseHash: budgets.hash }),
      });
      setOpen(false);
      onChanged();
    } catch (thrown) {
      setProblem(describe(thrown));
    }
  };
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void save(event.currentTarget);
      }}
    >
      {limitNames.map((limit) => (
        <label key={limit}>
          {text.limits[limit]}
          <input
            name={limit}
            type="number"
            min="0"
            step="any"
            defaultValue={budgets.limits[name]?.[limit] ?? ""}
          />
        </label>
      ))}
      <div class="actions">
        <button class="primary">{strings.save}</button>
        <button type="button" onClick={() => setOpen(false)}>
          {strings.cancel}
        </button>
      </div>
      {problem !== undefined && (
        <p class="error" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
