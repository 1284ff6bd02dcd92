/** The place in the page: a fragment such as `#/chat/agent:main:main`. The paths of the address belong to the API. */
import { signal, type ReadonlySignal } from "@preact/signals";

export interface Route {
  /** The first part: the name of the view. */
  readonly view: string;
  /** The rest, decoded. */
  readonly id: string | undefined;
}

function parseRoute(hash: string): Route {
  const [, view = "", id = ""] = /^#\/([^/]*)\/?(.*)$/.exec(hash) ?? [];
  return { view, id: id === "" ? undefined : decode(id) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const current = signal(parseRoute(location.hash));
addEventListener("hashchange", () => (current.value = parseRoute(location.hash)));

export const route: ReadonlySignal<Route> = current;

/** Colons may stay as they are in a fragment, and make the address of a session readable. */
export const toHash = (view: string, id?: string): string =>
  id === undefined ? `#/${view}` : `#/${view}/${encodeURIComponent(id).replaceAll("%3A", ":")}`;

export function goTo(view: string, id?: string): void {
  location.hash = toHash(view, id);
}
