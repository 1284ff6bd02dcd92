/** A button with a choice: each option does something at once, and none stays chosen. */
import type { VNode } from "preact";

interface Props<T extends string> {
  readonly label: string;
  /** The text that replaces the label, such as that the action is done. */
  readonly shown?: string;
  readonly options: readonly T[];
  readonly onChoose: (option: T) => void;
}

export function ActionSelect<T extends string>({ label, shown = label, options, onChoose }: Props<T>): VNode {
  return (
    <select
      class="quiet"
      aria-label={label}
      value=""
      onChange={({ currentTarget }) => {
        const option = options.find((each) => each === currentTarget.value);
        currentTarget.value = "";
        if (option !== undefined) onChoose(option);
      }}
    >
      <option value="">{shown}</option>
      {options.map((option) => (
        <option key={option}>{option}</option>
      ))}
    </select>
  );
}
