/** Copies the last message as a program in the chosen language. */
import { useState } from "preact/hooks";
import type { VNode } from "preact";
import { copyText } from "../lib/copy.ts";
import { languages } from "../lib/snippets.ts";
import { strings } from "../strings.ts";

interface Props {
  readonly getText: (language: (typeof languages)[number]) => string;
}

export function CopyAs({ getText }: Props): VNode {
  const [isCopied, setCopied] = useState(false);
  const copy = async (name: string): Promise<void> => {
    const language = languages.find((each) => each === name);
    if (language === undefined) return;
    await copyText(getText(language));
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <select
      class="quiet"
      aria-label={strings.chat.copyAs}
      value=""
      onChange={({ currentTarget }) => {
        void copy(currentTarget.value);
        currentTarget.value = "";
      }}
    >
      <option value="">{isCopied ? strings.chat.copied : strings.chat.copyAs}</option>
      {languages.map((language) => (
        <option key={language}>{language}</option>
      ))}
    </select>
  );
}
