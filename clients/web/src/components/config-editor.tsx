/** Edits the text of the configuration file: checks it, shows what would change, and applies it unless another was faster. */
import { useState } from "preact/hooks";
import type { VNode } from "preact";
import type { SocketMethods } from "openclaw-gateway-client/socket";
import { diffLines } from "../lib/diff.ts";
import { describe, requireSocket } from "../store/connection.ts";
import { strings } from "../strings.ts";

const text = strings.config;

interface Props {
  readonly snapshot: SocketMethods["config.get"]["result"];
  readonly onChanged: () => void;
}

export function ConfigEditor({ snapshot, onChanged }: Props): VNode {
  const { raw = "", hash } = snapshot;
  /** What is edited, and the file that it was made from. */
  const [draft, setDraft] = useState({ raw, base: raw, hash });
  const [message, setMessage] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const isChanged = draft.raw !== draft.base;
  // A change of somebody else is shown at once, unless it would take away what is being written.
  if (!isChanged && draft.hash !== hash) setDraft({ raw, base: raw, hash });

  const change = async (dryRun: boolean): Promise<void> => {
    setMessage(undefined);
    setProblem(undefined);
    try {
      const { changed } = await requireSocket().call("config.apply", {
        raw: draft.raw,
        dryRun,
        ...(draft.hash !== "" && { baseHash: draft.hash }),
      });
      setMessage(dryRun ? text.valid(changed) : text.saved(changed));
      if (dryRun) return;
      setDraft({ ...draft, base: draft.raw });
      onChanged();
    } catch (thrown) {
      setProblem(describe(thrown));
    }
  };
  return (
    <details class="editor">
      <summary>{text.file}</summary>
      <textarea
        class="code"
        rows={18}
        spellcheck={false}
        aria-label={text.file}
        value={draft.raw}
        onInput={(event) => {
          setDraft({ ...draft, raw: event.currentTarget.value });
          setMessage(undefined);
        }}
      />
      <div class="actions">
        <button type="button" disabled={!isChanged} onClick={() => void change(true)}>
          {text.check}
        </button>
        <button type="button" class="primary" disabled={!isChanged} onClick={() => void change(false)}>
          {text.apply}
        </button>
        <button
          type="button"
          class="quiet"
          onClick={() => {
            setDraft({ raw, base: raw, hash });
            setProblem(undefined);
            onChanged();
          }}
        >
          {text.reread}
        </button>
      </div>
      <p role="status">{message}</p>
      {problem !== undefined && (
        <p class="error" role="alert">
          {problem}
        </p>
      )}
      {isChanged && (
        <>
          <h3>{text.difference}</h3>
          <pre class="diff" tabIndex={0}>
            {diffLines(draft.base, draft.raw).map(({ kind, text: line }, index) => (
              <div key={index} class={kind}>
                {`${kind === "added" ? "+" : kind === "removed" ? "-" : " "} ${line}`}
              </div>
            ))}
          </pre>
        </>
      )}
    </details>
  );
}
