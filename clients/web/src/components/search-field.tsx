/** A field that filters the list below it. */
import type { VNode } from "preact";

interface Props {
  /** Its name for screen readers, and its text while it is empty. */
  readonly label: string;
  readonly value: string;
  readonly onSearch: (text: string) => void;
  readonly onEnter?: () => void;
}

export function SearchField({ label, value, onSearch, onEnter }: Props): VNode {
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={label}
      value={value}
      onInput={(event) => onSearch(event.currentTarget.value)}
      onKeyDown={({ key }) => {
        if (key === "Enter") onEnter?.();
      }}
    />
  );
}
