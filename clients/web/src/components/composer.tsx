/** Writes a message: draft, attachments, send and stop. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { VNode } from "preact";
import type { Attachment } from "../store/conversation.ts";
import { strings } from "../strings.ts";

interface Props {
  readonly sessionKey: string;
  readonly isRunning: boolean;
  readonly onSend: (message: string, attachments: readonly Attachment[]) => void;
  readonly onStop: () => void;
}

const maxAttachmentBytes = 10_000_000;
const draftKey = (sessionKey: string): string => `openclaw.draft.${sessionKey}`;

export function Composer({ sessionKey, isRunning, onSend, onStop }: Props): VNode {
  const [draft, setDraft] = useState("");
  const [attachments, setAttachments] = useState<readonly Attachment[]>([]);
  const [problem, setProblem] = useState("");
  const [isOver, setOver] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);

  // The draft of a session survives a reload, and a look at another session.
  useEffect(() => {
    setDraft(sessionStorage.getItem(draftKey(sessionKey)) ?? "");
    setAttachments([]);
    if (matchMedia("(hover: hover)").matches) area.current?.focus();
  }, [sessionKey]);
  const change = (text: string): void => {
    setDraft(text);
    sessionStorage.setItem(draftKey(sessionKey), text);
  };

  const attach = async (files: Iterable<File>): Promise<void> => {
    for (const file of files) {
      if (file.size > maxAttachmentBytes) setProblem(strings.chat.tooLarge(file.name));
      else {
        const attachment = await readAttachment(file);
        setAttachments((others) => [...others, attachment]);
      }
    }
  };
  useDrop(setOver, (files) => void attach(files));
  // During a run too: the gateway queues the runs of a session.
  const canSend = draft.trim() !== "" || attachments.length > 0;
  const submit = (): void => {
    if (!canSend) return;
    onSend(draft, attachments);
    change("");
    setAttachments([]);
    setProblem("");
  };

  return (
    <form
      class={isOver ? "composer over" : "composer"}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {problem !== "" && <p class="error">{problem}</p>}
      {attachments.length > 0 && (
        <div class="chips">
          {attachments.map((attachment) => (
            <span key={attachment}>
              {attachment.fileName}
              <button
                type="button"
                class="quiet"
                aria-label={`${strings.chat.remove} ${attachment.fileName}`}
                onClick={() => setAttachments((all) => all.filter((each) => each !== attachment))}
              >
                ×
              </button>
            </span>
          ))}
        </div>
      )}
      <div class="row">
        <AttachButton onFiles={(files) => void attach(files)} />
        <textarea
          ref={area}
          rows={1}
          aria-label={strings.chat.placeholder}
          placeholder={strings.chat.placeholder}
          value={draft}
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            submit();
          }}
          onPaste={(event) => void attach(event.clipboardData?.files ?? [])}
        />
        {isRunning && (
          <button type="button" class="danger" onClick={onStop}>
            {strings.chat.stop}
          </button>
        )}
        {(!isRunning || canSend) && (
          <button type="submit" class="primary" disabled={!canSend}>
            {strings.chat.send}
          </button>
        )}
      </div>
    </form>
  );
}

/** Files may be dropped anywhere on the page: a browser would open them instead of the page. */
function useDrop(setOver: (isOver: boolean) => void, onFiles: (files: Iterable<File>) => void): void {
  const listener = useRef(onFiles);
  listener.current = onFiles;
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const over = (event: DragEvent): void => {
      event.preventDefault();
      setOver(true);
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      setOver(false);
      listener.current(event.dataTransfer?.files ?? []);
    };
    addEventListener("dragover", over, { signal });
    addEventListener("dragleave", () => setOver(false), { signal });
    addEventListener("drop", drop, { signal });
    return () => controller.abort();
  }, []);
}

function AttachButton({ onFiles }: { readonly onFiles: (files: FileList) => void }): VNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        aria-label={strings.chat.attach}
        title={strings.chat.attach}
        onClick={() => input.current?.click()}
      >
        +
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={strings.chat.attach}
        onChange={({ currentTarget }) => {
          if (currentTarget.files !== null) onFiles(currentTarget.files);
          currentTarget.value = "";
        }}
      />
    </>
  );
}

async function readAttachment(file: File): Promise<Attachment> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return {
    fileName: file.name,
    mimeType: file.type || "application/octet-stream",
    content: btoa(binary),
  };
}
