/** A text without markup, of any length. It is divided into parts, so that a browser lays out only those on the screen. */
import type { VNode } from "preact";
import { splitText } from "../lib/split-text.ts";

export function PlainText({ text }: { readonly text: string }): VNode {
  return (
    <span class="plain">
      {splitText(text).map((part, index) => (
        <span key={index}>{part}</span>
      ))}
    </span>
  );
}
