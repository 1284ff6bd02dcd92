/** The line above a view: menu, title, and the controls of the view. */
import { signal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { strings } from "../strings.ts";

/** Whether the menu is open on a small screen. */
export const isMenuOpen = signal(false);

interface Props {
  readonly title: string;
  readonly children?: ComponentChildren;
}

export function ViewBar({ title, children }: Props): VNode {
  return (
    <header class="bar">
      <button
        type="button"
        class="menu"
        aria-expanded={isMenuOpen.value}
        aria-controls="menu"
        onClick={(event) => {
          // The view has this button, and a click on the view closes the menu.
          event.stopPropagation();
          isMenuOpen.value = !isMenuOpen.value;
        }}
      >
        {strings.menu}
      </button>
      <h1>{title}</h1>
      {children}
    </header>
  );
}
