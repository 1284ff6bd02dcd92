/** One piece of a text becomes another: in one place, or in all. The text's own line ends are kept. */
import { cutText } from "./cap-output.ts";
import { linesOf } from "./line-window.ts";
import { seekLines } from "./seek-lines.ts";

interface Replacement {
  readonly oldText: string;
  readonly newText: string;
  readonly replaceAll: boolean;
  /** The file, for messages. */
  readonly shown: string;
}

interface Replaced {
  readonly text: string;
  readonly places: number;
  /** Numbers of the first lines of the first places. */
  readonly lines: readonly number[];
}

const maxLines = 20;
const maxHintCharacters = 2_000;
/** Characters of a file that is searched for what was meant. For a longer one everybody else would wait. */
const maxSearched = 1_000_000;
const maxCharacters = 10_485_760;

export function replaceText(text: string, replacement: Replacement): Replaced {
  const { oldText, newText, replaceAll, shown } = replacement;
  if (oldText === newText) throw new Error("oldText and newText are the same: there is nothing to change.");
  // A model writes \n also where the file has \r\n.
  const ends = text.includes("\r\n") ? ["\r\n", "\n"] : ["\n"];
  for (const end of ends) {
    const piece = withEnds(oldText, end);
    const { places, lines } = find(text, piece);
    if (places === 0) continue;
    if (places > 1 && !replaceAll) {
      const where = places > lines.length ? `${lines.join(", ")} …` : lines.join(", ");
      throw new Error(
        `oldText is ${places} times in ${shown}, at lines ${where}. Give more of the lines around the one that you mean, or set replaceAll.`,
      );
    }
    const filling = withEnds(newText, end);
    if (text.length + places * (filling.length - piece.length) > maxCharacters) {
      throw new Error(`${shown} would be larger than the 10 MB that can be written.`);
    }
    return { text: text.split(piece).join(filling), places, lines };
  }
  throw new Error(`oldText is not in ${shown}. ${nearestHint(text, oldText)}`);
}

function withEnds(text: string, end: string): string {
  return text.replace(/\r?\n/g, end);
}

function find(text: string, piece: string): { readonly places: number; readonly lines: readonly number[] } {
  const lines: number[] = [];
  let places = 0;
  let line = 1;
  let counted = 0;
  for (let at = text.indexOf(piece); at >= 0; at = text.indexOf(piece, at + piece.length)) {
    places += 1;
    if (lines.length === maxLines) continue;
    line += text.slice(counted, at).split("\n").length - 1;
    counted = at;
    lines.push(line);
  }
  return { places, lines };
}

/** What was most likely meant, as it is in the file, so that it can be copied. */
function nearestHint(text: string, oldText: string): string {
  const lines = text.length > maxSearched ? [] : linesOf(text);
  const wanted = linesOf(oldText);
  const telling = wanted.find((line) => line.trim().length > 2);
  const near =
    seekLines(lines, wanted, 0) ?? (telling === undefined ? undefined : seekLines(lines, [telling], 0));
  if (near === undefined) return "Read the file and copy the text from there.";
  const exactly = lines.slice(near, near + wanted.length).join("\n");
  return `The nearest is at line ${near + 1}; exactly there is:\n${cutText(exactly, maxHintCharacters)}`;
}
