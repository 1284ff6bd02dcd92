/** Every run at work, through every endpoint, and those that have ended since the page was opened. */
import type { VNode } from "preact";
import { useNow } from "../components/tool-card.tsx";
import { Row, Rows, View } from "../components/view.tsx";
import { formatSeconds } from "../lib/format.ts";
import { toHash } from "../lib/route.ts";
import { useActiveRuns, type ActiveRun } from "../store/active-runs.ts";
import { can } from "../store/connection.ts";
import { stop } from "../store/conversation.ts";
import type { Run } from "../store/run.ts";
import { activeRuns, runs } from "../store/store.ts";
import { strings } from "../strings.ts";

const text = strings.runs;
const maxEnded = 50;

export function Runs(): VNode {
  const facts = useActiveRuns(true);
  const active = activeRuns.value;
  const ended = [...runs.value.values()].filter(({ phase }) => phase === "ended").toReversed();
  const now = useNow(active.length > 0);
  return (
    <View title={strings.views.runs}>
      <h2>{text.active}</h2>
      <Rows empty={text.noneActive}>
        {active.map((run) => (
          <RunRow key={run.id} run={run} facts={facts.get(run.id)} now={now} />
        ))}
      </Rows>
      <h2>{text.ended}</h2>
      <Rows empty={text.noneEnded}>
        {ended.slice(0, maxEnded).map((run) => (
          <RunRow key={run.id} run={run} now={now} />
        ))}
      </Rows>
    </View>
  );
}

interface RunRowProps {
  readonly run: Run;
  readonly facts?: ActiveRun | undefined;
  readonly now: number;
}

function RunRow({ run, facts, now }: RunRowProps): VNode {
  const { id, sessionKey, phase, startedAt, endedAt, usage, costMicroUsd, error } = run;
  const tokens = usage ?? (facts && { input: facts.inputTokens, output: facts.outputTokens });
  return (
    <Row
      title={sessionKey === undefined ? id : <a href={toHash("chat", sessionKey)}>{sessionKey}</a>}
      facts={[
        describeState(run),
        formatSeconds(Math.max(0, (endedAt ?? now) - startedAt)),
        facts?.wait && strings.chat.queued(facts.wait.ahead, Math.ceil((facts.wait.until - now) / 1000)),
        facts && `${strings.chat.agent}: ${facts.agentId}`,
        facts?.model,
        facts && text.steps(facts.steps),
        tokens && strings.chat.tokens(tokens.input, tokens.output),
        costMicroUsd === undefined ? undefined : strings.chat.cost(costMicroUsd / 1e6),
        facts && text.by(facts.credential, facts.operation),
        sessionKey === undefined ? text.noSession : id,
      ]}
      problem={error}
      actions={
        <>
          {can("operator.read") && (
            <a class="quiet" href={toHash("logs", facts?.requestId ?? id)}>
              {strings.logs.log}
            </a>
          )}
          {phase !== "ended" && sessionKey !== undefined && can("operator.write", "run") && (
            <button type="button" class="danger" onClick={() => void stop(sessionKey, id)}>
              {text.abort}
            </button>
          )}
        </>
      }
    />
  );
}

function describeState({ phase, stopReason, items, error }: Run): string {
  if (error !== undefined) return text.failed;
  if (phase === "ended") return stopReason === "aborted" ? strings.chat.stopped : strings.tool.done;
  if (phase === "waiting") return strings.chat.waiting;
  const last = items.at(-1);
  return last?.kind === "tool" && last.state === "running"
    ? `${last.name} ${strings.tool.running}`
    : strings.chat.working;
}
