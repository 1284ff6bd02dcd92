/** Text as a terminal may be given it: what would steer the terminal is shown instead of done. */

/** Control characters but tabs and ends of lines. */
const control = /(?!\r\n)[^\P{Cc}\t\n]/gu;

export function printable(text: string): string {
  return text.replaceAll(
    control,
    (character) => `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`,
  );
}
