/** Patterns of names. */

/** Each `*` of the pattern matches any number of characters. Linear in the length of the name. */
export function matchesGlob(name: string, pattern: string): boolean {
  const [first = "", ...between] = pattern.split("*");
  const last = between.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let index = first.length;
  for (const part of between) {
    const found = name.indexOf(part, index);
    if (found === -1) return false;
    index = found + part.length;
  }
  return index + last.length <= name.length && name.endsWith(last);
}
