/** A button that copies a text, and says so. */
import { useState } from "preact/hooks";
import type { VNode } from "preact";
import { copyText } from "../lib/copy.ts";
import { strings } from "../strings.ts";

interface Props {
  readonly label?: string;
  readonly getText: () => string;
}

export function CopyButton({ label = strings.chat.copy, getText }: Props): VNode {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await copyText(getText());
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <button type="button" class="quiet" onClick={() => void copy()}>
      {isCopied ? strings.chat.copied : label}
    </button>
  );
}
