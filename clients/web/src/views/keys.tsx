/** Named keys: create one, whose secret is shown once, and revoke. */
import { useState } from "preact/hooks";
import type { VNode } from "preact";
import type { SocketMethods } from "openclaw-gateway-client/socket";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { BudgetForm, describeBudget, loadBudgets } from "../components/key-budget.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { Row, Rows, View } from "../components/view.tsx";
import { formatTime } from "../lib/format.ts";
import { allScopes } from "../lib/scopes.ts";
import { useLoad } from "../lib/use-load.ts";
import { describe, requireSocket } from "../store/connection.ts";
import { agents } from "../store/store.ts";
import { strings } from "../strings.ts";

const text = strings.keys;

type Key = SocketMethods["keys.list"]["result"]["keys"][number];
type NewKey = SocketMethods["keys.create"]["params"];

export function Keys(): VNode {
  const { value, error, reload } = useLoad(() => requireSocket().call("keys.list"));
  const budgets = useLoad(loadBudgets);
  const [created, setCreated] = useState<{ readonly name: string; readonly secret: string }>();
  const [problem, setProblem] = useState<string>();
  const create = async (params: NewKey): Promise<void> => {
    try {
      const { secret, key } = await requireSocket().call("keys.create", params);
      setCreated({ name: key.name, secret });
      setProblem(undefined);
      reload();
    } catch (thrown) {
      setProblem(describe(thrown));
    }
  };
  const revoke = (name: string): void => {
    requireSocket()
      .call("keys.revoke", { name })
      .then(reload, (thrown: unknown) => setProblem(describe(thrown)));
  };
  return (
    <View title={strings.views.keys} error={problem ?? error}>
      {created !== undefined && (
        <div class="secret" role="status">
          <p>{text.once(created.name)}</p>
          <code>{created.secret}</code> <CopyButton getText={() => created.secret} />
        </div>
      )}
      <KeyForm onCreate={(params) => void create(params)} />
      <Rows empty={text.none}>
        {value?.keys.map((key) => (
          <Row
            key={key.name}
            title={key.name}
            facts={[...describeKey(key), budgets.value && describeBudget(budgets.value, key.name)]}
            actions={
              <>
                {budgets.value !== undefined && (
                  <BudgetForm name={key.name} budgets={budgets.value} onChanged={budgets.reload} />
                )}
                <ConfirmButton label={text.revoke} onConfirm={() => revoke(key.name)} />
              </>
            }
          />
        ))}
      </Rows>
    </View>
  );
}

function describeKey({
  scopes,
  agents,
  requestsPerMinute,
  expiresAt,
  lastUsedAt,
}: Key): readonly (string | undefined)[] {
  return [
    scopes.join(", "),
    agents === null ? undefined : `${strings.chat.agent}: ${agents.join(", ")}`,
    requestsPerMinute === null ? undefined : text.perMinute(requestsPerMinute),
    expiresAt === null ? text.endless : `${text.expires} ${formatTime(expiresAt)}`,
    lastUsedAt === null ? text.unused : `${text.lastUse} ${formatTime(lastUsedAt)}`,
  ];
}

function KeyForm({ onCreate }: { readonly onCreate: (params: NewKey) => void }): VNode {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const data = new FormData(event.currentTarget);
    const read = (name: string): string => {
      const value = data.get(name);
      return typeof value === "string" ? value.trim() : "";
    };
    const [scopes, agentIds] = [
      data.getAll("scope"),
      data.getAll("agent").filter((id) => typeof id === "string"),
    ];
    onCreate({
      name: read("name"),
      ...(scopes.length > 0 && { scopes: scopes as NonNullable<NewKey["scopes"]> }),
      ...(agentIds.length > 0 && { agents: agentIds }),
      ...(read("expires") !== "" && { expires: read("expires") }),
      ...(read("perMinute") !== "" && { requestsPerMinute: Number(read("perMinute")) }),
    });
  };
  return (
    <details class="create">
      <summary>{text.create}</summary>
      <form class="form" onSubmit={submit}>
        <label>
          {text.name}
          <input
            name="name"
            required
            pattern="[a-z0-9][a-z0-9._@\-]{0,63}"
            title={text.nameHint}
            autocomplete="off"
          />
        </label>
        <Choices legend={text.scopes} name="scope" values={allScopes} checked="operator.write" />
        <Choices legend={text.agents} name="agent" values={agents.value?.agents.map(({ id }) => id) ?? []} />
        <label>
          {text.expiresLabel}
          <input name="expires" placeholder="30d" pattern="[1-9][0-9]{0,4}[smhd]" autocomplete="off" />
        </label>
        <label>
          {text.perMinuteLabel}
          <input name="perMinute" type="number" min="1" max="10000" />
        </label>
        <div class="actions">
          <button class="primary">{text.create}</button>
        </div>
      </form>
    </details>
  );
}

interface ChoicesProps {
  readonly legend: string;
  readonly name: string;
  readonly values: readonly string[];
  readonly checked?: string;
}

function Choices({ legend, name, values, checked }: ChoicesProps): VNode {
  return (
    <fieldset>
      <legend>{legend}</legend>
      {values.map((value) => (
        <label key={value}>
          <input type="checkbox" name={name} value={value} defaultChecked={value === checked} />
          {value}
        </label>
      ))}
    </fieldset>
  );
}
