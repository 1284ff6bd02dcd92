/** Copies the last message as a program in the chosen language. */
import { useState } from "preact/hooks";
import type { VNode } from "preact";
import { copyText } from "../lib/copy.ts";
import { languages } from "../lib/snippets.ts";
import { strings } from "../strings.ts";
import { ActionSelect } from "./action-select.tsx";

interface Props {
  readonly getText: (language: (typeof languages)[number]) => string;
}

export function CopyAs({ getText }: Props): VNode {
  const [isCopied, setCopied] = useState(false);
  const copy = async (language: (typeof languages)[number]): Promise<void> => {
    await copyText(getText(language));
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <ActionSelect
      label={strings.chat.copyAs}
      text={isCopied ? strings.chat.copied : strings.chat.copyAs}
      options={languages}
      onChoose={(language) => void copy(language)}
    />
  );
}
