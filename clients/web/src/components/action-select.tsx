/** A list of actions: the chosen option runs at once, and none stays selected. */
import type { VNode } from "preact";

interface Props<T extends string> {
  readonly label: string;
  /** The visible text, for example that an action is done. The label by default. */
  readonly text?: string;
  readonly options: readonly T[];
  readonly onChoose: (option: T) => void;
}

export function ActionSelect<T extends string>({ label, text = label, options, onChoose }: Props<T>): VNode {
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
      <option value="">{text}</option>
      {options.map((option) => (
        <option key={option}>{option}</option>
      ))}
    </select>
  );
}
