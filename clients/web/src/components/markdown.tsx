/** Markdown that may still grow. Only its last block is rendered again. */
import { Component } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { TargetedMouseEvent, VNode } from "preact";
import { copyText } from "../lib/copy.ts";
import { createBlockSplitter, renderMarkdown } from "../lib/markdown.ts";

/** Blocks that are compared as one. An answer of megabytes has thousands of blocks, and grows 30 times a second. */
const groupSize = 64;

export function Markdown({ text }: { readonly text: string }): VNode {
  const split = useRef(createBlockSplitter());
  const blocks = split.current(text);
  const count = Math.ceil(blocks.length / groupSize);
  return (
    <div class="markdown" onClick={copyCode}>
      {Array.from({ length: count }, (_, index) => (
        <Group key={index} blocks={blocks.slice(index * groupSize, (index + 1) * groupSize)} />
      ))}
    </div>
  );
}

interface GroupProps {
  readonly blocks: readonly string[];
}

class Group extends Component<GroupProps> {
  override shouldComponentUpdate({ blocks }: Readonly<GroupProps>): boolean {
    const known = this.props.blocks;
    return blocks.some((block, index) => block !== known[index]) || blocks.length !== known.length;
  }

  override render({ blocks }: GroupProps): VNode {
    return (
      <div class="group">
        {blocks.map((block, index) => (
          <Block key={index} text={block} />
        ))}
      </div>
    );
  }
}

function Block({ text }: { readonly text: string }): VNode {
  return useMemo(() => <div dangerouslySetInnerHTML={{ __html: renderMarkdown(text) }} />, [text]);
}

function copyCode({ target }: TargetedMouseEvent<HTMLElement>): void {
  if (!(target instanceof HTMLElement) || target.dataset["copy"] === undefined) return;
  void copyText(target.nextElementSibling?.textContent ?? "");
}
