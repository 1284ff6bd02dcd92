/** What a run did: text, thinking, tool calls, and its end. */
import type { ComponentChildren, VNode } from "preact";
import { formatSeconds } from "../lib/format.ts";
import { activeRunFacts, clockOffset } from "../store/active-runs.ts";
import type { HistoryRun } from "../store/history.ts";
import type { Run, RunItem } from "../store/run.ts";
import { strings } from "../strings.ts";
import { CopyButton } from "./copy-button.tsx";
import { Markdown } from "./markdown.tsx";
import { PlainText } from "./plain-text.tsx";
import { ToolCard, useNow } from "./tool-card.tsx";

export function RunItems({ items }: { readonly items: readonly RunItem[] }): VNode {
  return (
    <>
      {items.map((item, index) => (
        <Item key={item.kind === "tool" ? item.id : index} item={item} />
      ))}
    </>
  );
}

function Item({ item }: { readonly item: RunItem }): VNode {
  switch (item.kind) {
    case "tool":
      return <ToolCard tool={item} />;
    case "text":
      return <Markdown text={item.text} />;
    case "thinking":
      return <Disclosure title={strings.chat.thought} text={item.text} />;
    case "summary":
      return <Summary text={item.text} />;
    case "notice":
      return <p class="muted">{item.text}</p>;
  }
}

interface DisclosureProps {
  readonly title: string;
  readonly text: string;
}

function Disclosure({ title, text }: DisclosureProps): VNode {
  return (
    <details class="thought">
      <summary>{title}</summary>
      <PlainText text={text} />
    </details>
  );
}

export const Summary = ({ text }: { readonly text: string }): VNode => (
  <Disclosure title={strings.chat.summary} text={text} />
);

const textOf = (items: readonly RunItem[]): string =>
  items.flatMap((item) => (item.kind === "text" ? [item.text] : [])).join("\n\n");

interface FooterProps {
  readonly items: readonly RunItem[];
  readonly run?: Run | undefined;
  /** What the history knows of it. */
  readonly usage?: HistoryRun | undefined;
  readonly note?: string | undefined;
  /** What can be done with the run. */
  readonly children?: ComponentChildren;
}

/** The place in the queue, and how long the gateway lets the run wait. */
function describeWait(id: string, now: number): string {
  const wait = activeRunFacts.value.get(id)?.wait;
  if (wait === undefined) return strings.chat.waiting;
  const seconds = Math.max(0, Math.ceil((wait.until - now - clockOffset.value) / 1000));
  return strings.chat.queued(wait.ahead, seconds);
}

export function RunFooter({ items, run, usage, note, children }: FooterProps): VNode {
  const isActive = run !== undefined && run.phase !== "ended";
  const now = useNow(isActive);
  const tokens = run?.usage ?? (isActive ? undefined : usage?.usage);
  const cost = run?.costMicroUsd ?? (isActive ? undefined : usage?.costMicroUsd);
  const hasText = items.some(({ kind }) => kind === "text");
  const end = note ?? (run?.stopReason === "aborted" ? strings.chat.stopped : undefined);
  return (
    <>
      {run?.error !== undefined && <p class="error">{run.error}</p>}
      <div class="footer">
        {isActive && (
          <span>{run.phase === "waiting" ? describeWait(run.id, now) : strings.chat.working}</span>
        )}
        {run !== undefined && <span>{formatSeconds(Math.max(0, (run.endedAt ?? now) - run.startedAt))}</span>}
        {tokens !== undefined && <span>{strings.chat.tokens(tokens.input, tokens.output)}</span>}
        {cost !== undefined && <span>{strings.chat.cost(cost / 1e6)}</span>}
        {end !== undefined && <span>{end}</span>}
        {hasText && !isActive && <CopyButton getText={() => textOf(items)} />}
        {children}
      </div>
    </>
  );
}
