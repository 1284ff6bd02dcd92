/** Which agent may use which tool, and why not; a check of one call without running it. */
import { useState } from "preact/hooks";
import type { VNode } from "preact";
import { Loading, Row, Rows, View } from "../components/view.tsx";
import { useLoad } from "../lib/use-load.ts";
import { can, checkTool, describe, requireSocket } from "../store/connection.ts";
import { strings } from "../strings.ts";

const text = strings.tools;

interface Decision {
  readonly allowed: boolean;
  readonly message?: string | undefined;
}

interface Matrix {
  readonly agentIds: readonly string[];
  readonly tools: readonly {
    readonly name: string;
    readonly description: string;
    readonly source: string;
    readonly decisions: ReadonlyMap<string, Decision>;
  }[];
}

async function loadMatrix(): Promise<Matrix> {
  const socket = requireSocket();
  const { agents } = await socket.call("agents.list");
  const agentIds = agents.map(({ id }) => id);
  const catalogs = await Promise.all(agentIds.map((agentId) => socket.call("tools.catalog", { agentId })));
  const effective = await Promise.all(agentIds.map((agentId) => socket.call("tools.effective", { agentId })));
  const known = new Map(catalogs.flatMap(({ tools }) => tools.map((tool) => [tool.name, tool] as const)));
  const tools = [...known.values()].map(({ name, description, source }) => ({
    name,
    description,
    source,
    decisions: new Map(
      effective.flatMap(({ agentId, tools }) =>
        tools.filter((tool) => tool.name === name).map((decision) => [agentId, decision] as const),
      ),
    ),
  }));
  return { agentIds, tools };
}

export function Tools(): VNode {
  const { value, error } = useLoad(loadMatrix);
  return (
    <View title={strings.views.tools} error={error}>
      {value !== undefined && can("operator.write", "tools") && <DryRun matrix={value} />}
      {value === undefined && <Loading />}
      <table class="matrix stacked tools" hidden={value === undefined}>
        <thead>
          <tr>
            <th scope="col">{text.tool}</th>
            {value?.agentIds.map((id) => (
              <th key={id} scope="col">
                {id}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {value?.tools.map(({ name, description, source, decisions }) => (
            <tr key={name}>
              <th scope="row">
                {name}
                <div class="muted">
                  {source === "gateway" ? "" : `${source}: `}
                  {description.split(". ")[0]?.replaceAll("`", "")}
                </div>
              </th>
              {value.agentIds.map((id) => (
                <Cell key={id} agentId={id} decision={decisions.get(id)} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <McpServers key={value === undefined ? "before" : "after"} />
    </View>
  );
}

/** The catalogs that the matrix loads start the servers. */
function McpServers(): VNode | null {
  const { value, error } = useLoad(() => requireSocket().call("mcp.list"));
  if (value?.servers.length === 0) return null;
  return (
    <>
      <h2>{text.servers}</h2>
      {error !== undefined && <p class="error">{error}</p>}
      <Rows>
        {value?.servers.map(({ name, state, tools, problem }) => (
          <Row
            key={name}
            title={name}
            facts={[text.state[state], text.count(tools.length), tools.join(", ")]}
            problem={problem}
          />
        ))}
      </Rows>
    </>
  );
}

interface CellProps {
  readonly agentId: string;
  readonly decision: Decision | undefined;
}

/** On a narrow screen a row is a block, and each cell has the name of its agent. */
function Cell({ agentId, decision }: CellProps): VNode {
  const state = decision === undefined ? "missing" : decision.allowed ? "allowed" : "denied";
  return (
    <td class={state} data-agent={agentId}>
      {text[state]}
      {decision?.allowed === false && <div class="muted">{decision.message}</div>}
    </td>
  );
}

function DryRun({ matrix }: { readonly matrix: Matrix }): VNode {
  const [tool, setTool] = useState(matrix.tools[0]?.name ?? "");
  const [agentId, setAgentId] = useState(matrix.agentIds[0] ?? "");
  const [answer, setAnswer] = useState("");
  const check = (): void => {
    checkTool({ tool, agentId }).then(
      ({ allowed, message = "" }) => setAnswer(allowed ? text.wouldRun : message),
      (thrown: unknown) => setAnswer(describe(thrown)),
    );
  };
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        check();
      }}
    >
      <fieldset class="dry-run">
        <legend>{text.dryRun}</legend>
        <select aria-label={text.tool} value={tool} onChange={(event) => setTool(event.currentTarget.value)}>
          {matrix.tools.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <select
          aria-label={strings.chat.agent}
          value={agentId}
          onChange={(event) => setAgentId(event.currentTarget.value)}
        >
          {matrix.agentIds.map((id) => (
            <option key={id}>{id}</option>
          ))}
        </select>
        <button>{text.check}</button>
      </fieldset>
      <p class="muted" role="status">
        {answer}
      </p>
    </form>
  );
}
