/** Markdown that may still grow. Only its last block is rendered again. */
import { useMemo, useRef } from "preact/hooks";
import type { TargetedMouseEvent, VNode } from "preact";
import { copyText } from "../lib/copy.ts";
import { createBlockSplitter, renderMarkdown } from "../lib/markdown.ts";

export function Markdown({ text }: { readonly text: string }): VNode {
  const split = useRef(createBlockSplitter());
  return (
    <div class="markdown" onClick={copyCode}>
      {split.current(text).map((block, index) => (
        <Block key={index} text={block} />
      ))}
    </div>
  );
}

function Block({ text }: { readonly text: string }): VNode {
  return useMemo(() => <div dangerouslySetInnerHTML={{ __html: renderMarkdown(text) }} />, [text]);
}

function copyCode({ target }: TargetedMouseEvent<HTMLElement>): void {
  if (!(target instanceof HTMLElement) || target.dataset["copy"] === undefined) return;
  void copyText(target.nextElementSibling?.textContent ?? "");
}
