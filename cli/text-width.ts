/** The width of text on a terminal, in columns. */

/** Characters of two columns: East Asian wide characters and emoji. */
export const wideCharacter =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** Characters that add no column: combining marks, joiners and variation selectors. */
const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

export function getWidth(text: string): number {
  // oxlint-disable-next-line no-control-regex -- plain ASCII is most text
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) {
    if (!zeroWidth.test(character)) width += wideCharacter.test(character) ? 2 : 1;
  }
  return width;
}

/** Cuts a text to a width. A cut text ends with an ellipsis. */
export function cutToWidth(text: string, columns: number): string {
  if (getWidth(text) <= columns) return text;
  let cut = "";
  for (const character of text) {
    if (getWidth(cut + character) > columns - 1) break;
    cut += character;
  }
  return `${cut}…`;
}
