/** Markdown that may still grow. Only its last part is rendered again. */
import { Component } from "preact";
import { useRef } from "preact/hooks";
import type { TargetedMouseEvent, VNode } from "preact";
import { copyText } from "../lib/copy.ts";
import { createMarkdownSplitter } from "../lib/markdown-splitter.ts";
import { renderMarkdown } from "../lib/markdown.ts";

/** Parts that are compared as one. An answer of megabytes has thousands of parts, and grows 30 times a second. */
const groupSize = 64;

export function Markdown({ text }: { readonly text: string }): VNode {
  const split = useRef(createMarkdownSplitter());
  const source = useRef(text);
  source.current = text;
  const { ends, version } = split.current(text);
  const lastEnd = ends.at(-1) ?? 0;
  const end = text.slice(lastEnd).trim() === "" ? lastEnd : text.length;
  const count = ends.length + (end > lastEnd ? 1 : 0);
  return (
    <div class="markdown" key={version} onClick={copyCode}>
      {Array.from({ length: Math.ceil(count / groupSize) }, (_, index) => (
        <Group key={index} source={source} ends={ends} from={index * groupSize} end={end} />
      ))}
    </div>
  );
}

interface GroupProps {
  readonly source: Source;
  readonly ends: readonly number[];
  /** The first part of the group. */
  readonly from: number;
  /** Where the text ends. */
  readonly end: number;
}

/** The text so far. A part that is not rendered again would keep an earlier one. */
interface Source {
  readonly current: string;
}

class Group extends Component<GroupProps> {
  private isComplete = false;

  override shouldComponentUpdate(): boolean {
    return !this.isComplete;
  }

  override render({ source, ends, from, end }: GroupProps): VNode {
    this.isComplete = ends.length >= from + groupSize;
    const parts: VNode[] = [];
    for (let index = from, start = ends[from - 1] ?? 0; start < end && index < from + groupSize; index += 1) {
      const partEnd = ends[index] ?? end;
      parts.push(<Part key={index} source={source} start={start} end={partEnd} />);
      start = partEnd;
    }
    return <div class="group">{parts}</div>;
  }
}

interface PartProps {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** Writes its HTML itself: as a property it would be kept beside the elements. */
class Part extends Component<PartProps> {
  private element: HTMLElement | null = null;
  private readonly keepElement = (element: HTMLElement | null): void => {
    this.element = element;
  };

  override componentDidMount(): void {
    this.show(this.props);
  }

  override shouldComponentUpdate(next: Readonly<PartProps>): boolean {
    if (next.start !== this.props.start || next.end !== this.props.end) this.show(next);
    return false;
  }

  override render(): VNode {
    return <div ref={this.keepElement} />;
  }

  private show({ source, start, end }: PartProps): void {
    if (this.element !== null) this.element.innerHTML = renderMarkdown(source.current.slice(start, end));
  }
}

function copyCode({ target }: TargetedMouseEvent<HTMLElement>): void {
  if (!(target instanceof HTMLElement) || target.dataset["copy"] === undefined) return;
  void copyText(target.closest(".code")?.querySelector("pre")?.textContent ?? "");
}
