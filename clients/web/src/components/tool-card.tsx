/** A call of a tool, live: its name, arguments, output as it grows, and how it ended. */
import { useEffect, useState } from "preact/hooks";
import type { VNode } from "preact";
import { formatSeconds, showHiddenCharacters } from "../lib/format.ts";
import type { ToolItem } from "../store/run.ts";
import { strings } from "../strings.ts";
import { PlainText } from "./plain-text.tsx";

/** The card shows the last characters of a longer output, and all of it on request. */
const maxShown = 20_000;

export function ToolCard({ tool }: { readonly tool: ToolItem }): VNode {
  const { name, args, output, state } = tool;
  const [isComplete, setComplete] = useState(false);
  const exitCode = state === "running" ? undefined : findFailedExit(output);
  const outcome = exitCode === undefined ? state : "failed";
  return (
    <details class={`tool ${outcome ?? "done"}`} open={state === "running" || state === "failed"}>
      <summary>
        <b>{name}</b>
        <span class="brief">{summarize(args)}</span>
        <span class="state">
          {exitCode === undefined ? state && strings.tool[state] : strings.tool.exitCode(exitCode)}{" "}
          <Duration tool={tool} />
        </span>
      </summary>
      {args !== "" && (
        <>
          <h3>{strings.tool.arguments}</h3>
          <pre tabIndex={0}>
            <PlainText text={showHiddenCharacters(args)} />
          </pre>
        </>
      )}
      {output !== "" && (
        <>
          <h3>{strings.tool.output}</h3>
          {output.length > maxShown && !isComplete && (
            <button type="button" class="quiet" onClick={() => setComplete(true)}>
              {strings.tool.earlier(output.length - maxShown)}
            </button>
          )}
          <pre tabIndex={0}>
            <PlainText text={showHiddenCharacters(isComplete ? output : output.slice(-maxShown))} />
          </pre>
        </>
      )}
    </details>
  );
}

/** Returns the exit code at the end of the output of `exec`, unless it is 0. The gateway reports such a call as done. */
function findFailedExit(output: string): string | undefined {
  const code = /\(exit code (\d+)[^()]*\)\s*$/.exec(output.slice(-200))?.[1];
  return code === "0" ? undefined : code;
}

/** The first value of the arguments says most: a command, a path, a query. */
function summarize(args: string): string {
  try {
    const [first] = Object.values(JSON.parse(args) as object) as readonly unknown[];
    const text = typeof first === "string" ? first : (JSON.stringify(first) ?? "");
    return showHiddenCharacters(text.replaceAll(/\s+/g, " ").slice(0, 200));
  } catch {
    return showHiddenCharacters(args.slice(0, 200));
  }
}

function Duration({ tool: { startedAt, endedAt, state } }: { readonly tool: ToolItem }): VNode | null {
  const now = useNow(state === "running");
  if (startedAt === undefined) return null;
  return <>{formatSeconds(Math.max(0, (endedAt ?? now) - startedAt))}</>;
}

/** The time, renewed while something runs. */
export function useNow(isRunning: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNow(Date.now()), 200);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
