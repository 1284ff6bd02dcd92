/** The log, as it is written. */
import { useEffect, useState } from "preact/hooks";
import type { VNode } from "preact";
import { SearchField } from "../components/search-field.tsx";
import { View } from "../components/view.tsx";
import { formatSecond, showHiddenCharacters } from "../lib/format.ts";
import { route, toHash } from "../lib/route.ts";
import { describe, requireSocket } from "../store/connection.ts";
import { strings } from "../strings.ts";

const text = strings.logs;
const maxLines = 2_000;
const pollMs = 1_000;

interface Line {
  readonly number: number;
  readonly level: string;
  readonly time: string;
  readonly message: string;
  readonly rest: string;
  readonly requestId?: string | undefined;
  readonly sessionKey?: string | undefined;
}

export function Logs(): VNode {
  const [isFollowing, setFollowing] = useState(true);
  const wanted = route.value.id ?? "";
  const [search, setSearch] = useState(wanted);
  useEffect(() => setSearch(wanted), [wanted]);
  const { lines, error } = useLogTail(isFollowing);
  const words = search.toLowerCase();
  const matches = lines.filter(({ level, message, rest, requestId = "", sessionKey = "" }) =>
    `${level} ${message} ${rest} ${requestId} ${sessionKey}`.toLowerCase().includes(words),
  );
  return (
    <View
      title={strings.views.logs}
      error={error}
      controls={
        <>
          <SearchField label={text.search} value={search} onSearch={setSearch} />
          <button type="button" aria-pressed={isFollowing} onClick={() => setFollowing(!isFollowing)}>
            {isFollowing ? text.pause : text.follow}
          </button>
        </>
      }
    >
      <div class="log">
        {matches.toReversed().map(({ number, level, time, message, rest, requestId, sessionKey }) => (
          <div key={number} class={level}>
            <span class="muted">{time}</span> <span class="level">{level}</span>{" "}
            <span class="what">
              {message} <span class="muted">{rest}</span>{" "}
              {requestId !== undefined && <a href={toHash("logs", requestId)}>{requestId}</a>}{" "}
              {sessionKey !== undefined && <a href={toHash("chat", sessionKey)}>{sessionKey}</a>}
            </span>
          </div>
        ))}
      </div>
    </View>
  );
}

/** Reads new lines every second, while a reader follows. */
function useLogTail(isFollowing: boolean): {
  readonly lines: readonly Line[];
  readonly error: string | undefined;
} {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [cursor, setCursor] = useState<number>();
  const [error, setError] = useState<string>();
  useEffect(() => {
    if (!isFollowing) return;
    let isCurrent = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let next = cursor;
    const read = async (): Promise<void> => {
      try {
        const tail = await requireSocket().call("logs.tail", {
          limit: maxLines,
          ...(next !== undefined && { cursor: next }),
        });
        if (!isCurrent) return;
        next = tail.cursor;
        setCursor(next);
        setError(undefined);
        if (tail.lines.length > 0)
          setLines((known) => [...known, ...tail.lines.map(parseLine)].slice(-maxLines));
      } catch (thrown) {
        if (isCurrent) setError(describe(thrown));
      }
      if (isCurrent) timer = setTimeout(() => void read(), pollMs);
    };
    void read();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [isFollowing]);
  return { lines, error };
}

/** Formats fields for a reader, such as `agent=main totalMs=105`. */
const formatFields = (fields: Readonly<Record<string, unknown>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");

let lineCount = 0;

function parseLine(json: string): Line {
  lineCount += 1;
  try {
    const { time, level, message, requestId, sessionKey, ...rest } = JSON.parse(json) as Readonly<
      Record<string, unknown>
    >;
    return {
      requestId: typeof requestId === "string" ? requestId : undefined,
      sessionKey: typeof sessionKey === "string" ? sessionKey : undefined,
      number: lineCount,
      level: String(level),
      time:
        typeof time === "string" || typeof time === "number" ? formatSecond(new Date(time).getTime()) : "",
      message: showHiddenCharacters(String(message)),
      rest: showHiddenCharacters(formatFields(rest)),
    };
  } catch {
    return { number: lineCount, level: "", time: "", message: showHiddenCharacters(json), rest: "" };
  }
}
