/** A button for what cannot be undone: the first press asks, the second one does it. */
import { useEffect, useState } from "preact/hooks";
import type { VNode } from "preact";
import { strings } from "../strings.ts";

interface Props {
  readonly label: string;
  readonly onConfirm: () => void;
}

export function ConfirmButton({ label, onConfirm }: Props): VNode {
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    if (!isAsking) return;
    const timer = setTimeout(() => setAsking(false), 4_000);
    return () => clearTimeout(timer);
  }, [isAsking]);
  const press = (): void => {
    setAsking(!isAsking);
    if (isAsking) onConfirm();
  };
  return (
    <button type="button" class="quiet danger" onClick={press} onBlur={() => setAsking(false)}>
      {isAsking ? strings.confirm(label) : label}
    </button>
  );
}
