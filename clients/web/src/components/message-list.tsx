/** The messages of a conversation, read from the end. Only those near the reader are in the document. */
import { Component } from "preact";
import type { ComponentChildren, VNode } from "preact";
import type { Entry } from "../store/history.ts";
import { strings } from "../strings.ts";

/** The messages in the document at most: several screens of short ones. */
const maxShown = 150;
/** The messages by which the window moves. */
const step = 50;
/** The reader follows the end within this many pixels of it. */
const endDistance = 60;

interface Props {
  readonly entries: readonly Entry[];
  readonly renderEntry: (entry: Entry) => VNode;
  /** Elements before the first message. */
  readonly children?: ComponentChildren;
  /** Elements after the last message. */
  readonly footer?: ComponentChildren;
  /** Whether the gateway has messages before the first one. */
  readonly hasOlder: boolean;
  /** Whether they are loaded as soon as the reader comes near them, without a press of the button. */
  readonly canLoadOlder: boolean;
  readonly loadOlder: () => void;
}

interface State {
  /** Key of the first entry in the document. Undefined: the last entries are in the document. */
  readonly first: string | undefined;
  readonly isAtEnd: boolean;
}

interface Anchor {
  readonly element: Element;
  /** Its distance from the top of the screen, in pixels. */
  readonly top: number;
}

export class MessageList extends Component<Props, State> {
  override state: State = { first: undefined, isAtEnd: true };
  private list: HTMLElement | null = null;
  private readonly keepList = (element: HTMLElement | null): void => {
    this.list = element;
  };

  override componentDidMount(): void {
    this.scrollToEnd();
  }

  /** Finds the message that stays in its place, whatever is added or removed before it. */
  override getSnapshotBeforeUpdate(): Anchor | null {
    if (this.list === null || this.state.isAtEnd) return null;
    const { top: listTop } = this.list.getBoundingClientRect();
    for (const element of this.list.querySelectorAll(":scope > .entry")) {
      const { top, bottom } = element.getBoundingClientRect();
      if (bottom > listTop) return { element, top };
    }
    return null;
  }

  override componentDidUpdate(_props: Props, _state: State, anchor: Anchor | null): void {
    if (this.state.isAtEnd) this.scrollToEnd();
    else if (anchor?.element.isConnected === true)
      this.list?.scrollBy({ top: anchor.element.getBoundingClientRect().top - anchor.top });
    this.extend();
  }

  override render({ entries, renderEntry, children, footer, hasOlder, loadOlder }: Props): VNode {
    const { start, end } = this.findWindow();
    return (
      <div
        class="messages"
        ref={this.keepList}
        tabIndex={0}
        role="region"
        aria-label={strings.views.chat}
        onScroll={this.updatePlace}
      >
        {children}
        {hasOlder && start === 0 && (
          <button type="button" class="quiet" onClick={loadOlder}>
            {strings.chat.older}
          </button>
        )}
        {entries.slice(start, end).map((entry) => (
          <div key={entry.key} class="entry">
            {renderEntry(entry)}
          </div>
        ))}
        {footer}
        {!this.state.isAtEnd && (
          <div class="newest">
            <button type="button" onClick={this.showEnd}>
              {strings.chat.newest}
            </button>
          </div>
        )}
      </div>
    );
  }

  private findWindow(): { readonly start: number; readonly end: number } {
    const { entries } = this.props;
    const { first } = this.state;
    const index = first === undefined ? -1 : entries.findIndex(({ key }) => key === first);
    const start = index === -1 ? Math.max(0, entries.length - maxShown) : index;
    return { start, end: Math.min(entries.length, start + maxShown) };
  }

  private readonly showEnd = (): void => this.setState({ first: undefined, isAtEnd: true });

  private scrollToEnd(): void {
    this.list?.scrollTo({ top: this.list.scrollHeight });
  }

  private readonly updatePlace = (): void => {
    if (this.list === null) return;
    const { entries } = this.props;
    const { start, end } = this.findWindow();
    const { scrollHeight, scrollTop, clientHeight } = this.list;
    const isAtEnd = end === entries.length && scrollHeight - scrollTop - clientHeight < endDistance;
    if (isAtEnd !== this.state.isAtEnd)
      this.setState({ isAtEnd, first: isAtEnd ? undefined : entries[start]?.key });
    else this.extend();
  };

  /** Moves the window when the reader comes near one of its ends. */
  private extend(): void {
    if (this.list === null || this.state.isAtEnd) return;
    const { entries, hasOlder, canLoadOlder, loadOlder } = this.props;
    const { start, end } = this.findWindow();
    const { scrollHeight, scrollTop, clientHeight } = this.list;
    const margin = Math.min(clientHeight, scrollHeight / 4);
    if (scrollTop < margin) {
      if (start > 0) this.setState({ first: entries[Math.max(0, start - step)]?.key });
      else if (hasOlder && canLoadOlder) loadOlder();
    } else if (scrollHeight - scrollTop - clientHeight < margin && end < entries.length)
      this.setState({ first: entries[Math.min(entries.length - maxShown, start + step)]?.key });
  }
}
