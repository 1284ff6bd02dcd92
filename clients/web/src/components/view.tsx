/** A view that is not the chat: its bar, the errors of its calls, and its rows. */
import type { ComponentChildren, VNode } from "preact";
import { strings } from "../strings.ts";
import { ViewBar } from "./view-bar.tsx";

interface Props {
  readonly title: string;
  readonly controls?: ComponentChildren;
  readonly error?: string | undefined;
  readonly children: ComponentChildren;
}

export function View({ title, controls, error, children }: Props): VNode {
  return (
    <>
      <ViewBar title={title}>{controls}</ViewBar>
      <div class="content" tabIndex={0} role="region" aria-label={title}>
        {error !== undefined && (
          <p class="error" role="alert">
            {error}
          </p>
        )}
        {children}
      </div>
    </>
  );
}

interface RowsProps {
  /** Undefined until they are loaded. */
  readonly children: readonly VNode[] | undefined;
  /** The text for an empty list. */
  readonly empty?: string;
}

/** A list of rows, or a text that there are none. */
export function Rows({ children, empty = strings.nothing }: RowsProps): VNode {
  if (children === undefined) return <Loading />;
  if (children.length === 0) return <p class="muted">{empty}</p>;
  return <ul class="rows">{children}</ul>;
}

/** The style hides it below an error: then nothing is loading. */
export function Loading(): VNode {
  return <p class="muted loading">{strings.loading}</p>;
}

interface RowProps {
  readonly title: ComponentChildren;
  /** Undefined and empty facts are not shown. */
  readonly facts: readonly (string | undefined)[];
  /** A text that is cut at the end of the line. */
  readonly excerpt?: string | undefined;
  readonly problem?: string | undefined;
  readonly actions?: ComponentChildren;
  /** Elements below the facts. */
  readonly children?: ComponentChildren;
}

export function Row({ title, facts, excerpt, problem, actions, children }: RowProps): VNode {
  return (
    <li>
      <div class="what">
        <b>{title}</b>
        <span class="muted">{facts.filter((fact) => fact !== undefined && fact !== "").join(" · ")}</span>
        {excerpt !== undefined && <span class="excerpt">{excerpt}</span>}
        {problem !== undefined && <p class="error">{problem}</p>}
        {children}
      </div>
      {actions !== undefined && <div class="actions">{actions}</div>}
    </li>
  );
}
