/**
 * Turns the argument text of a model into a JSON object, fragment by fragment: clients parse it, and some fail on anything
 * else. What cannot be JSON is cut off, and what is open at the end is closed. See https://www.rfc-editor.org/rfc/rfc8259
 */

export interface JsonObjectWriter {
  /** Returns the text to send for this fragment. */
  push(fragment: string): string;
  /** Whether the object has ended. */
  isComplete(): boolean;
  /** Returns the text that ends the object; empty if nothing was sent. */
  finish(): string;
}

type Expectation =
  | "object"
  | "key or end"
  | "key"
  | "colon"
  | "value"
  | "value or end"
  | "comma or end"
  | "string"
  | "escape"
  | "unicode"
  | "literal"
  | "number"
  | "nothing";

/** JSON knows four of the characters that `\s` matches. */
const isSpace = (character: string): boolean => /[ \t\n\r]/.test(character);

const literals: Readonly<Record<string, string>> = { t: "rue", f: "alse", n: "ull" };
const numberPrefix = /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?(?:(?<=\d)[eE][+-]?\d*)?)?$/;
/** A longer number is cut off: each character is compared with the whole. */
const maxNumberLength = 400;

export function createJsonObjectWriter(): JsonObjectWriter {
  let expected: Expectation = "object";
  const open: ("{" | "[")[] = [];
  let isKey = false;
  let literal = "";
  let number = "";
  let unicodeDigits = 0;
  let isInvalid = false;

  const endValue = (): void => void (expected = open.length === 0 ? "nothing" : "comma or end");
  const close = (): void => {
    open.pop();
    endValue();
  };
  const startString = (isObjectKey: boolean): void => {
    isKey = isObjectKey;
    expected = "string";
  };
  const startKey = (character: string): boolean => {
    startString(true);
    return character === '"';
  };
  const startContainer = (bracket: "{" | "["): void => {
    open.push(bracket);
    expected = bracket === "{" ? "key or end" : "value or end";
  };
  const startValue = (character: string): boolean => {
    if (character === "{" || character === "[") startContainer(character);
    else if (character === '"') startString(false);
    else if (/[-\d]/.test(character)) {
      number = character;
      expected = "number";
    } else {
      literal = literals[character] ?? "";
      expected = "literal";
      return literal !== "";
    }
    return true;
  };

  /** Returns the text for a character of a string: line breaks and their kind must be escaped. */
  const readInString = (character: string): string => {
    if (character === "\\") expected = "escape";
    else if (character === '"') {
      if (isKey) expected = "colon";
      else endValue();
    } else if (character < " ") return JSON.stringify(character).slice(1, -1);
    return character;
  };
  const readEscaped = (character: string): boolean => {
    expected = character === "u" ? "unicode" : "string";
    unicodeDigits = 4;
    return /["\\/bfnrtu]/.test(character);
  };
  const readUnicode = (character: string): boolean => {
    unicodeDigits -= 1;
    if (unicodeDigits === 0) expected = "string";
    return /[\da-fA-F]/.test(character);
  };
  const readLiteral = (character: string): boolean => {
    const isNext = literal.startsWith(character);
    literal = literal.slice(1);
    if (literal === "") endValue();
    return isNext;
  };
  /** Ends the number at a character that is not part of it, which is then read by itself. */
  const readNumber = (character: string): boolean => {
    if (/[-+.\deE]/.test(character)) {
      number += character;
      return number.length <= maxNumberLength && numberPrefix.test(number);
    }
    endValue();
    return /\d$/.test(number) && readBetween(character);
  };
  const readBetween = (character: string): boolean => {
    if (isSpace(character)) return true;
    switch (expected) {
      case "object":
        return character === "{" && startValue(character);
      case "key or end":
        if (character !== "}") return startKey(character);
        close();
        return true;
      case "key":
        return startKey(character);
      case "colon":
        expected = "value";
        return character === ":";
      case "value or end":
        if (character !== "]") return startValue(character);
        close();
        return true;
      case "value":
        return startValue(character);
      case "comma or end": {
        const isObject = open.at(-1) === "{";
        if (character === (isObject ? "}" : "]")) {
          close();
          return true;
        }
        expected = isObject ? "key" : "value";
        return character === ",";
      }
      default:
        return false;
    }
  };
  const isValid = (character: string): boolean => {
    if (expected === "escape") return readEscaped(character);
    if (expected === "unicode") return readUnicode(character);
    if (expected === "literal") return readLiteral(character);
    return expected === "number" ? readNumber(character) : readBetween(character);
  };
  /** Keeps what `finish` needs to close when a character is invalid. */
  const read = (character: string): string => {
    if (expected === "string") return readInString(character);
    const before = { expected, isKey, literal, number, unicodeDigits, depth: open.length };
    if (isValid(character)) return character;
    ({ expected, isKey, literal, number, unicodeDigits } = before);
    open.length = before.depth;
    isInvalid = true;
    return "";
  };

  return {
    push(fragment) {
      let text = "";
      for (const character of fragment) {
        if (isInvalid || expected === "nothing") break;
        if (expected !== "object" || !isSpace(character)) text += read(character);
      }
      return text;
    },
    isComplete: () => expected === "nothing",
    finish() {
      const end =
        endToken() +
        endMember() +
        open
          .toReversed()
          .map((bracket) => (bracket === "{" ? "}" : "]"))
          .join("");
      open.length = 0;
      expected = "nothing";
      return end;
    },
  };

  /** Ends an open string, literal or number. */
  function endToken(): string {
    if (expected === "string" || expected === "escape" || expected === "unicode") {
      const rest = expected === "escape" ? "\\" : expected === "unicode" ? "0".repeat(unicodeDigits) : "";
      expected = isKey ? "colon" : "comma or end";
      return `${rest}"`;
    }
    if (expected === "literal") return literal;
    return expected === "number" && !/\d$/.test(number) ? "0" : "";
  }

  /** Ends an open member of an object or an array. */
  function endMember(): string {
    if (expected === "key") return '"":null';
    if (expected === "colon") return ":null";
    return expected === "value" ? "null" : "";
  }
}
