/** Ids of items: they hold the id of their response, so that an item can be found by its id alone. */

/** `msg_<response>_<place>`; `place` is unique within the response. */
export function createItemId(kind: string, responseId: string, place: string | number): string {
  return `${kind}_${stripPrefix(responseId)}_${place}`;
}

/** Undefined for an id that was not made here. */
export function findResponseId(id: string): string | undefined {
  const name = /^[a-z]+_(.+)_\w+$/.exec(id)?.[1];
  return name === undefined ? undefined : `resp_${name}`;
}

const stripPrefix = (responseId: string): string => responseId.replace(/^resp_/, "");
