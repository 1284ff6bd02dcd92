/** One entry of a conversation: what a person wrote, or what a run did, and what can be done with it. */
import { Component } from "preact";
import { useState } from "preact/hooks";
import type { VNode } from "preact";
import { toHash } from "../lib/route.ts";
import { can, describe } from "../store/connection.ts";
import { loadComplete } from "../store/conversation.ts";
import type { Entry, RunEntry, TextEntry } from "../store/history.ts";
import { strings } from "../strings.ts";
import { PlainText } from "./plain-text.tsx";
import { RunFooter, RunItems, Summary } from "./run-items.tsx";

const text = strings.chat;

export interface EntryActions {
  readonly edit: (entry: TextEntry, text: string) => void;
  readonly askAgain: (runId: string) => void;
  readonly branch: (seq: number) => void;
}

interface Props {
  readonly entry: Entry;
  /** Undefined where the conversation cannot be changed now. */
  readonly actions: EntryActions | undefined;
}

/** An entry that has not changed is not rendered again: a long conversation has thousands. */
export class ConversationEntry extends Component<Props> {
  override shouldComponentUpdate({ entry, actions }: Readonly<Props>): boolean {
    return entry !== this.props.entry || actions !== this.props.actions;
  }

  override render({ entry, actions }: Props): VNode {
    if (entry.kind === "run") return <RunMessage entry={entry} actions={actions} />;
    if (entry.kind === "summary") return <Summary text={entry.text} />;
    return <UserMessage entry={entry} actions={actions} />;
  }
}

/** Loads texts that the history has shortened. */
function LoadComplete({ truncated = [] }: { readonly truncated: Entry["truncated"] }): VNode | null {
  const [problem, setProblem] = useState<string>();
  const [isLoading, setLoading] = useState(false);
  if (truncated.length === 0 || !can("operator.read")) return null;
  const load = async (): Promise<void> => {
    setLoading(true);
    try {
      await loadComplete(truncated);
    } catch (error) {
      setProblem(describe(error));
    }
    setLoading(false);
  };
  return (
    <>
      <button type="button" class="more" disabled={isLoading} onClick={() => void load()}>
        {text.loadComplete}
      </button>
      {problem !== undefined && (
        <p class="error" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

function RunMessage({ entry, actions }: Props & { readonly entry: RunEntry }): VNode {
  const { items, run, runId, cut, seq, usage, truncated } = entry;
  return (
    <article class="message run" aria-busy={run !== undefined && run.phase !== "ended"}>
      <RunItems items={items} />
      <LoadComplete truncated={truncated} />
      <RunFooter items={items} run={run} usage={usage} note={cut && text.cut[cut]}>
        {can("operator.read") && (
          <a class="quiet" href={toHash("logs", runId)}>
            {strings.logs.log}
          </a>
        )}
        {actions !== undefined && seq !== undefined && (
          <>
            <button type="button" class="quiet" onClick={() => actions.askAgain(runId)}>
              {text.again}
            </button>
            <button type="button" class="quiet" onClick={() => actions.branch(seq)}>
              {text.branch}
            </button>
          </>
        )}
      </RunFooter>
    </article>
  );
}

function UserMessage({ entry, actions }: Props & { readonly entry: TextEntry }): VNode {
  const [draft, setDraft] = useState<string>();
  if (draft !== undefined && actions !== undefined)
    return (
      <form
        class="message user editing"
        onSubmit={(event) => {
          event.preventDefault();
          setDraft(undefined);
          actions.edit(entry, draft);
        }}
      >
        <textarea
          aria-label={text.editLabel}
          autofocus
          value={draft}
          onInput={(event) => setDraft(event.currentTarget.value)}
        />
        <button class="primary" disabled={draft.trim() === ""}>
          {text.send}
        </button>
        <button type="button" onClick={() => setDraft(undefined)}>
          {strings.cancel}
        </button>
      </form>
    );
  return (
    <article class="message user" aria-label={text.you}>
      <div class="text">
        <PlainText text={entry.text} />
      </div>
      <LoadComplete truncated={entry.truncated} />
      {/* The pictures of a message are not in the history, so it cannot be sent again. */}
      {actions !== undefined && entry.hasPictures !== true && (
        <button type="button" class="quiet" onClick={() => setDraft(entry.text)}>
          {text.edit}
        </button>
      )}
    </article>
  );
}
