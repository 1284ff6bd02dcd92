/** Loads what a view shows when it opens, and again on request. */
import { useEffect, useState } from "preact/hooks";
import { describe } from "../store/connection.ts";

interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: string | undefined;
  readonly reload: () => void;
}

export function useLoad<T>(load: () => Promise<T>, dependencies: readonly unknown[] = []): Loaded<T> {
  const [value, setValue] = useState<T>();
  const [error, setError] = useState<string>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    const run = async (): Promise<void> => {
      try {
        const loaded = await load();
        if (!isCurrent) return;
        setValue(() => loaded);
        setError(undefined);
      } catch (thrown) {
        if (isCurrent) setError(describe(thrown));
      }
    };
    void run();
    return () => {
      isCurrent = false;
    };
  }, [...dependencies, attempt]);
  return { value, error, reload: () => setAttempt((number) => number + 1) };
}
