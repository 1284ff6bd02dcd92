/** Makes each fragment of a text well-formed: a provider may split a character between two fragments. */

/**
 * Returns the fragment without half a character at its end, which comes first in the next one. Halves without their other
 * half become U+FFFD. Without a fragment, returns the rest at the end.
 */
export type JoinFragments = (fragment?: string) => string;

export function createFragmentJoiner(): JoinFragments {
  let half = "";
  return (fragment) => {
    if (fragment === undefined) {
      const rest = half.toWellFormed();
      half = "";
      return rest;
    }
    if (half === "" && fragment.isWellFormed()) return fragment;
    const joined = half + fragment;
    const endsWithHalf = isHighSurrogate(joined.charCodeAt(joined.length - 1));
    half = endsWithHalf ? joined.slice(-1) : "";
    return (endsWithHalf ? joined.slice(0, -1) : joined).toWellFormed();
  };
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
