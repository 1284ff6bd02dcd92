/** Normalizes the target of a request before its route is looked up. */

/** Drops one slash at the end of the path, which some clients add. `/` and `//` stay as they are. */
export function dropTrailingSlash(target: string): string {
  const queryIndex = target.indexOf("?");
  const end = (queryIndex === -1 ? target.length : queryIndex) - 1;
  const hasSlash = target.startsWith("/") && end > 0 && target[end] === "/" && target[end - 1] !== "/";
  return hasSlash ? target.slice(0, end) + target.slice(end + 1) : target;
}
