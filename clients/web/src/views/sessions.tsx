/** The stored sessions: find, open, rename, export, reset, compact, delete. */
import { useState } from "preact/hooks";
import type { VNode } from "preact";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Row, Rows, View } from "../components/view.tsx";
import { exportSession } from "../lib/export-session.ts";
import { formatTime } from "../lib/format.ts";
import { toHash } from "../lib/route.ts";
import { useLoad } from "../lib/use-load.ts";
import { can, describe, requireSocket } from "../store/connection.ts";
import { agents, titleOf, type SessionRow } from "../store/store.ts";
import { SearchField } from "../components/search-field.tsx";
import { strings } from "../strings.ts";

const pageSize = 200;

async function loadSessions(agentId: string): Promise<readonly SessionRow[]> {
  const all: SessionRow[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof loadPage>> = await loadPage(agentId, cursor);
    all.push(...page.sessions);
    cursor = page.nextCursor;
  } while (cursor !== null && all.length < 10 * pageSize);
  return all;
}

const loadPage = (agentId: string, cursor: string | null) =>
  requireSocket().call("sessions.list", {
    limit: pageSize,
    includeDerivedTitles: true,
    includeLastMessage: true,
    ...(agentId !== "" && { agentId }),
    ...(cursor !== null && { cursor }),
  });

export function Sessions(): VNode {
  const [agentId, setAgentId] = useState("");
  const [search, setSearch] = useState("");
  const [problem, setProblem] = useState<string>();
  const { value = [], error, reload } = useLoad(() => loadSessions(agentId), [agentId]);
  const act = (action: () => Promise<unknown>): void => {
    setProblem(undefined);
    action().then(reload, (thrown: unknown) => setProblem(describe(thrown)));
  };
  const words = search.toLowerCase();
  const found = value.filter((session) =>
    [titleOf(session), session.key, session.lastMessagePreview ?? ""].some((text) =>
      text.toLowerCase().includes(words),
    ),
  );
  return (
    <View
      title={strings.views.sessions}
      error={problem ?? error}
      controls={
        <>
          <SearchField label={strings.sessions.search} value={search} onSearch={setSearch} />
          <select
            aria-label={strings.chat.agent}
            value={agentId}
            onChange={(event) => setAgentId(event.currentTarget.value)}
          >
            <option value="">{strings.sessions.allAgents}</option>
            {agents.value?.agents.map(({ id }) => (
              <option key={id}>{id}</option>
            ))}
          </select>
        </>
      }
    >
      <Rows>
        {found.map((session) => (
          <SessionLine key={session.key} session={session} act={act} />
        ))}
      </Rows>
    </View>
  );
}

interface SessionLineProps {
  readonly session: SessionRow;
  readonly act: (action: () => Promise<unknown>) => void;
}

function SessionLine({ session, act }: SessionLineProps): VNode {
  const { key, updatedAt, entries, lastMessagePreview } = session;
  const [label, setLabel] = useState<string>();
  const socket = requireSocket();
  if (label !== undefined)
    return (
      <li>
        <form
          class="actions"
          onSubmit={(event) => {
            event.preventDefault();
            act(() =>
              socket.call("sessions.patch", { key, label: label.trim() === "" ? null : label.trim() }),
            );
            setLabel(undefined);
          }}
        >
          <input
            aria-label={strings.sessions.name}
            value={label}
            autofocus
            maxLength={200}
            onInput={(event) => setLabel(event.currentTarget.value)}
          />
          <button class="primary">{strings.save}</button>
          <button type="button" onClick={() => setLabel(undefined)}>
            {strings.cancel}
          </button>
        </form>
      </li>
    );
  return (
    <Row
      title={<a href={toHash("chat", key)}>{titleOf(session)}</a>}
      facts={[formatTime(updatedAt), strings.sessions.entries(entries), key, lastMessagePreview]}
      actions={
        <>
          <button type="button" class="quiet" onClick={() => act(() => exportSession(key, "jsonl"))}>
            JSONL
          </button>
          <button type="button" class="quiet" onClick={() => act(() => exportSession(key, "md"))}>
            Markdown
          </button>
          {can("operator.write") && (
            <>
              <button type="button" class="quiet" onClick={() => setLabel(session.label ?? "")}>
                {strings.sessions.rename}
              </button>
              <button
                type="button"
                class="quiet"
                onClick={() => act(() => socket.call("sessions.compact", { key }))}
              >
                {strings.sessions.compact}
              </button>
              <ConfirmButton
                label={strings.sessions.reset}
                onConfirm={() => act(() => socket.call("sessions.reset", { key }))}
              />
              <ConfirmButton
                label={strings.sessions.delete}
                onConfirm={() => act(() => socket.call("sessions.delete", { key }))}
              />
            </>
          )}
        </>
      }
    />
  );
}
