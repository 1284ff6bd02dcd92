/** The stored sessions: find, open, rename, export, reset, compact, delete. */
import type { SocketMethods } from "openclaw-gateway-client/socket";
import { useEffect, useState } from "preact/hooks";
import type { VNode } from "preact";
import { ActionSelect } from "../components/action-select.tsx";
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
/** Enough to choose from. */
const maxMatches = 50;

type Match = SocketMethods["sessions.search"]["result"]["matches"][number];

/** Searches all messages, the newest sessions first. */
async function searchSessions(query: string, agentId: string): Promise<readonly Match[]> {
  const all: Match[] = [];
  let cursor: string | null = null;
  do {
    const page: SocketMethods["sessions.search"]["result"] = await requireSocket().call("sessions.search", {
      query,
      limit: maxMatches,
      ...(agentId !== "" && { agentId }),
      ...(cursor !== null && { cursor }),
    });
    all.push(...page.matches);
    cursor = page.nextCursor;
  } while (cursor !== null && all.length < maxMatches);
  return all;
}

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
  const query = useDelayed(search.trim());
  const {
    value: matches = [],
    error: searchError,
    reload: searchAgain,
  } = useLoad(() => (query === "" ? Promise.resolve([]) : searchSessions(query, agentId)), [query, agentId]);
  const { value, error, reload } = useLoad(() => loadSessions(agentId), [agentId]);
  const act = (action: () => Promise<unknown>): void => {
    setProblem(undefined);
    const show = (): void => {
      reload();
      searchAgain();
    };
    action().then(show, (thrown: unknown) => setProblem(describe(thrown)));
  };
  const words = search.toLowerCase();
  const foundByName = (value ?? []).filter((session) =>
    [titleOf(session), session.key, session.lastMessagePreview ?? ""].some((text) =>
      text.toLowerCase().includes(words),
    ),
  );
  const texts = new Map(query === "" ? [] : matches.map(({ session, text }) => [session.key, text]));
  const foundKeys = new Set(foundByName.map(({ key }) => key));
  const foundByText =
    query === ""
      ? []
      : matches.flatMap(({ session }) =>
          foundKeys.has(session.key) ? [] : [value?.find(({ key }) => key === session.key) ?? session],
        );
  return (
    <View
      title={strings.views.sessions}
      error={problem ?? error ?? searchError}
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
      <Rows empty={words === "" ? strings.sessions.none : strings.noMatch}>
        {value &&
          [...foundByName, ...foundByText].map((session) => (
            <SessionLine key={session.key} session={session} text={texts.get(session.key)} act={act} />
          ))}
      </Rows>
    </View>
  );
}

/** The value once it has not changed for a moment. */
function useDelayed(value: string): string {
  const [delayed, setDelayed] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setDelayed(value), 250);
    return () => clearTimeout(timer);
  }, [value]);
  return delayed;
}

interface SessionLineProps {
  /** What a search has found in its messages. */
  readonly text: string | undefined;
  readonly session: SessionRow;
  readonly act: (action: () => Promise<unknown>) => void;
}

function SessionLine({ session, text, act }: SessionLineProps): VNode {
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
      facts={[formatTime(updatedAt), strings.sessions.entries(entries), key]}
      excerpt={text ?? lastMessagePreview}
      actions={
        <>
          <ActionSelect
            label={strings.sessions.export}
            options={["JSONL", "Markdown"]}
            onChoose={(format) => act(() => exportSession(key, format === "JSONL" ? "jsonl" : "md"))}
          />
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
