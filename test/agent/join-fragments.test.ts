/** Fragments of text: characters that arrive in halves are joined, and all that leaves is well-formed. */
import { expect, test } from "vitest";
import { createFragmentJoiner } from "../../server/lib/join-fragments.ts";

const join = (...fragments: readonly string[]): readonly string[] => {
  const joinFragments = createFragmentJoiner();
  return [...fragments.map((fragment) => joinFragments(fragment)), joinFragments()];
};

test.for<[string, readonly string[], readonly string[]]>([
  ["whole characters are unchanged", ["a😀", "", "é"], ["a😀", "", "é", ""]],
  ["halves are joined", ["a\ud83d", "\ude00b"], ["a", "😀b", ""]],
  ["halves are joined across an empty fragment", ["\ud83d", "", "\ude00"], ["", "", "😀", ""]],
  ["a first half before another character", ["\ud83d", "b"], ["", "\ufffdb", ""]],
  ["two first halves", ["\ud83d", "\ud83d", "\ude00"], ["", "\ufffd", "😀", ""]],
  ["a second half alone", ["\ude00b"], ["\ufffdb", ""]],
  ["a half within a fragment", ["a\ud83db"], ["a\ufffdb", ""]],
  ["a first half at the end", ["a\ud83d"], ["a", "\ufffd"]],
])("%s", ([, fragments, expected]) => {
  expect(join(...fragments)).toEqual(expected);
});
