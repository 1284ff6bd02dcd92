/** A text that grows, told as a whole and by what is new; less often the longer it is, so that its telling stays cheap. */

export interface PacedText {
  add(piece: string): void;
  /** Tells what has not been told yet. */
  flush(): void;
  /** Begins another text; what has not been told yet is not. */
  reset(): void;
  readonly text: string;
}

/** `paceMs` is how long nothing is told after a text of this length. */
export function createPacedText(
  tell: (text: string, delta: string) => void,
  paceMs: (length: number) => number,
): PacedText {
  let text = "";
  let told = 0;
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (told === text.length) return;
    const delta = text.slice(told);
    told = text.length;
    tell(text, delta);
    const wait = paceMs(text.length);
    if (wait > 0) timer = setTimeout(flush, wait).unref();
  };
  return {
    add(piece) {
      text += piece;
      if (timer === undefined) flush();
    },
    flush,
    reset() {
      clearTimeout(timer);
      timer = undefined;
      text = "";
      told = 0;
    },
    get text() {
      return text;
    },
  };
}
