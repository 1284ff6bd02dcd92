/** Every run at work, through every endpoint, and those that have ended since the page was opened. */
import type { VNode } from "preact";
import { useNow } from "../components/tool-card.tsx";
import { Row, Rows, View } from "../components/view.tsx";
import { formatSeconds } from "../lib/format.ts";
import { toHash } from "../lib/route.ts";
import { can } from "../store/connection.ts";
import { stop } from "../store/conversation.ts";
import type { Run } from "../store/run.ts";
import { activeRuns, runs } from "../store/store.ts";
import { strings } from "../strings.ts";

const maxEnded = 50;

export function Runs(): VNode {
  const active = activeRuns.value;
  const ended = [...runs.value.values()].filter(({ phase }) => phase === "ended").toReversed();
  const now = useNow(active.length > 0);
  return (
    <View title={strings.views.runs}>
      <h2>{strings.runs.active}</h2>
      <Rows>
        {active.map((run) => (
          <RunRow key={run.id} run={run} now={now} />
        ))}
      </Rows>
      <h2>{strings.runs.ended}</h2>
      <Rows>
        {ended.slice(0, maxEnded).map((run) => (
          <RunRow key={run.id} run={run} now={now} />
        ))}
      </Rows>
    </View>
  );
}

function RunRow({ run, now }: { readonly run: Run; readonly now: number }): VNode {
  const { id, sessionKey, phase, startedAt, endedAt, usage, error } = run;
  return (
    <Row
      title={sessionKey === undefined ? id : <a href={toHash("chat", sessionKey)}>{sessionKey}</a>}
      facts={[
        describeState(run),
        formatSeconds(Math.max(0, (endedAt ?? now) - startedAt)),
        usage && strings.chat.tokens(usage.input, usage.output),
        sessionKey === undefined ? strings.runs.noSession : id,
      ]}
      problem={error}
      actions={
        phase !== "ended" && sessionKey !== undefined && can("operator.write", "run") ? (
          <button type="button" class="danger" onClick={() => void stop(sessionKey, id)}>
            {strings.runs.abort}
          </button>
        ) : undefined
      }
    />
  );
}

function describeState({ phase, stopReason, items, error }: Run): string {
  if (error !== undefined) return strings.runs.failed;
  if (phase === "ended") return stopReason === "aborted" ? strings.chat.stopped : strings.tool.done;
  if (phase === "waiting") return strings.chat.waiting;
  const last = items.at(-1);
  return last?.kind === "tool" && last.state === "running"
    ? `${last.name} ${strings.tool.running}`
    : strings.chat.working;
}
