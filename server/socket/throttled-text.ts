/** Throttles a growing text that is emitted in full each time, so that a long text stays cheap. */

export interface ThrottledText {
  add(delta: string): void;
  /** Emits at once what was added since the last emit. */
  flush(): void;
  /** Starts a new text. Additions that were not emitted are discarded. */
  reset(): void;
  getText(): string;
}

/** `throttleMs` returns the pause after emitting a text of this length, in milliseconds. */
export function createThrottledText(
  emit: (text: string, delta: string) => void,
  throttleMs: (length: number) => number,
): ThrottledText {
  let text = "";
  let emittedLength = 0;
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (emittedLength === text.length) return;
    const delta = text.slice(emittedLength);
    emittedLength = text.length;
    emit(text, delta);
    const delayMs = throttleMs(text.length);
    if (delayMs > 0) timer = setTimeout(flush, delayMs).unref();
  };
  return {
    add(addition) {
      text += addition;
      if (timer === undefined) flush();
    },
    flush,
    reset() {
      clearTimeout(timer);
      timer = undefined;
      text = "";
      emittedLength = 0;
    },
    getText: () => text,
  };
}
